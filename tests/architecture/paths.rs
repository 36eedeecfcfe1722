//! The rooms that a module names, by `crate::` and by `super::`.

use super::lexer::{Token, tokens};

/// Each room that the text of a module names, with the line.
pub fn rooms(module: &[String], text: &str) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    let mut rooms = Vec::new();
    // Braces that are open, and which of them are those of modules.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        match word(index) {
            "{" => {
                let is_module = index >= 2 && word(index - 2) == "mod";
                open.push(is_module.then(|| word(index - 1).to_owned()));
            }
            "}" => {
                open.pop();
            }
            "crate" if word(index + 1) == "::" => {
                first_names(&tokens, index + 2, &mut rooms);
            }
            // The middle of a longer path was seen at its beginning.
            "super" if word(index + 1) == "::" && !follows_super(&tokens, index) => {
                let mut here: Vec<&String> = module.iter().collect();
                here.extend(open.iter().flatten());
                let mut next = index;
                while word(next) == "super" && word(next + 1) == "::" {
                    here.pop();
                    next += 2;
                }
                match here.first() {
                    Some(room) => rooms.push((tokens[index].line, (*room).clone())),
                    None => first_names(&tokens, next, &mut rooms),
                }
            }
            _ => {}
        }
        index += 1;
    }
    rooms
}

fn follows_super(tokens: &[Token], index: usize) -> bool {
    index >= 2 && tokens[index - 1].text == "::" && tokens[index - 2].text == "super"
}

/// The first name of the path here, or of each path of the group here.
fn first_names(tokens: &[Token], start: usize, rooms: &mut Vec<(usize, String)>) {
    let Some(token) = tokens.get(start) else {
        return;
    };
    if token.text != "{" {
        rooms.push((token.line, token.text.clone()));
        return;
    }
    let mut depth = 0;
    let mut expected = true;
    for token in &tokens[start..] {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
            "," if depth == 1 => expected = true,
            name if depth == 1 && expected => {
                rooms.push((token.line, name.to_owned()));
                expected = false;
            }
            _ => {}
        }
    }
}
