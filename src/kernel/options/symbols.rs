//! The kernel's own symbol table as evidence.

use super::SymbolTable;
use crate::kernel::kallsyms::Symbols;

impl SymbolTable for Symbols {
    fn present(&self, names: &[&str]) -> Vec<bool> {
        Self::present(self, names)
    }

    fn has_variables(&self) -> bool {
        Self::has_variables(self)
    }
}
