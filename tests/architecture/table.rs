//! The table of imports.

use std::collections::{BTreeMap, BTreeSet};

/// What each room may import; `None` is everything.
pub struct Table(BTreeMap<String, Option<BTreeSet<String>>>);

fn names(cell: &str) -> Vec<String> {
    cell.split(',').map(|name| name.trim().to_owned()).collect()
}

impl Table {
    /// The first table of a text whose head is `room | may import`.
    pub fn parse(text: &str) -> Self {
        let rows = text
            .lines()
            .skip_while(|line| *line != "| room | may import |")
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let mut table = BTreeMap::new();
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [rooms, imports] = cells[..] else {
                panic!("not two cells: {row}");
            };
            let imports = match imports {
                "everything" => None,
                "no other module" => Some(BTreeSet::new()),
                list => Some(names(list).into_iter().collect()),
            };
            for room in names(rooms) {
                let twice = table.insert(room.clone(), imports.clone());
                assert!(twice.is_none(), "{room} has two rows");
            }
        }
        assert!(!table.is_empty(), "there is no table of imports");
        Self(table)
    }

    pub fn allows(&self, room: &str, other: &str) -> bool {
        match self.0.get(room) {
            Some(Some(imports)) => imports.contains(other),
            Some(None) => true,
            None => false,
        }
    }

    pub fn rooms(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    /// Every room that some row allows by name.
    pub fn imported(&self) -> BTreeSet<String> {
        self.0.values().flatten().flatten().cloned().collect()
    }

    /// Each room with each that it may import by name.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.0
            .iter()
            .flat_map(|(room, imports)| {
                let imports = imports.iter().flatten();
                imports.map(|other| (room.clone(), other.clone()))
            })
            .collect()
    }
}
