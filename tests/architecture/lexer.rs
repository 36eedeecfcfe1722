//! As much of Rust's lexical structure as it takes to see paths: no comments, no literals.

/// A name, or a piece of punctuation (`::` is one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub text: String,
}

/// The tokens of a text that compiles.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < chars.len() {
        let start = index;
        let first = at(index);
        if first == '/' && at(index + 1) == '/' {
            while index < chars.len() && at(index) != '\n' {
                index += 1;
            }
        } else if first == '/' && at(index + 1) == '*' {
            index += 2;
            while index < chars.len() && !(at(index - 2) == '*' && at(index - 1) == '/') {
                index += 1;
            }
        } else if let Some(hashes) = raw_string(&chars, index) {
            let end: String = format!("\"{}", "#".repeat(hashes));
            index += hashes + 2;
            while index < chars.len()
                && !chars[index..]
                    .iter()
                    .copied()
                    .take(hashes + 1)
                    .eq(end.chars())
            {
                index += 1;
            }
            index += hashes + 1;
        } else if first == '"' {
            index += 1;
            while index < chars.len() && at(index) != '"' {
                index += if at(index) == '\\' { 2 } else { 1 };
            }
            index += 1;
        } else if first == '\'' && (at(index + 1) == '\\' || at(index + 2) == '\'') {
            index += if at(index + 1) == '\\' { 3 } else { 2 };
            while index < chars.len() && at(index) != '\'' {
                index += 1;
            }
            index += 1;
        } else if first.is_alphanumeric() || first == '_' {
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            let text = chars[start..index].iter().collect();
            tokens.push(Token { line, text });
        } else if first == ':' && at(index + 1) == ':' {
            index += 2;
            let text = "::".to_owned();
            tokens.push(Token { line, text });
        } else {
            index += 1;
            if !first.is_whitespace() {
                let text = first.to_string();
                tokens.push(Token { line, text });
            }
        }
        let end = index.min(chars.len());
        line += chars[start..end].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

/// The number of `#` of a raw string that begins here.
fn raw_string(chars: &[char], index: usize) -> Option<usize> {
    let inside_a_name = index > 0 && chars[index - 1].is_alphanumeric();
    if chars[index] != 'r' || inside_a_name {
        return None;
    }
    let hashes = chars[index + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(index + 1 + hashes) == Some(&'"')).then_some(hashes)
}
