//! What of a source file has to be written twice for a mutant: the expression around an operator,
//! the structure around a field, the beginning of a body.

use crate::list::offset;
use proc_macro2::Span;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What could be found in one file. Keys are the bytes that a mutant replaces.
pub struct Sites<'a> {
    text: &'a str,
    /// Operators, and the expressions that they stand in.
    pub operators: Vec<(Range<usize>, Range<usize>)>,
    /// Fields of structures that have a base, and these structures.
    pub fields: Vec<(Range<usize>, Range<usize>)>,
    /// Arms, and the ends of their patterns.
    pub arms: Vec<(Range<usize>, usize)>,
    /// The bodies of functions that run when the program does.
    pub bodies: Vec<Range<usize>>,
    /// What the compiler evaluates: nothing can be chosen there.
    constants: Vec<Range<usize>>,
}

impl<'a> Sites<'a> {
    pub fn of(text: &'a str) -> syn::Result<Self> {
        let mut sites = Self {
            text,
            operators: Vec::new(),
            fields: Vec::new(),
            arms: Vec::new(),
            bodies: Vec::new(),
            constants: Vec::new(),
        };
        sites.visit_file(&syn::parse_file(text)?);
        Ok(sites)
    }

    /// Whether the compiler evaluates these bytes.
    pub fn is_constant(&self, bytes: &Range<usize>) -> bool {
        self.constants
            .iter()
            .any(|constant| constant.start <= bytes.start && bytes.end <= constant.end)
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let at = |place: proc_macro2::LineColumn| offset(self.text, place.line, place.column);
        at(span.start())..at(span.end())
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (Some(first), Some(last)) = (block.stmts.first(), block.stmts.last()) else {
            return;
        };
        let body = self.bytes(first.span()).start..self.bytes(last.span()).end;
        if signature.constness.is_some() {
            self.constants.push(body.clone());
        }
        // Of `impl …` there is one type, and the value of a mutant is of another.
        let is_opaque = matches!(&signature.output, syn::ReturnType::Type(_, given)
            if matches!(**given, syn::Type::ImplTrait(_)));
        if !is_opaque {
            self.bodies.push(body);
        }
    }
}

/// Whether an operand binds names, as `if let … && …` does: it can't stand anywhere else.
fn binds(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(both) => binds(&both.left) || binds(&both.right),
        _ => false,
    }
}

impl Visit<'_> for Sites<'_> {
    fn visit_expr_binary(&mut self, both: &syn::ExprBinary) {
        if !binds(&both.left) && !binds(&both.right) {
            let site = (self.bytes(both.op.span()), self.bytes(both.span()));
            self.operators.push(site);
        }
        visit::visit_expr_binary(self, both);
    }

    fn visit_expr_unary(&mut self, one: &syn::ExprUnary) {
        let site = (self.bytes(one.op.span()), self.bytes(one.span()));
        self.operators.push(site);
        visit::visit_expr_unary(self, one);
    }

    fn visit_expr_struct(&mut self, structure: &syn::ExprStruct) {
        let whole = self.bytes(structure.span());
        for pair in structure.fields.pairs() {
            let mut field = self.bytes(pair.value().span());
            if let Some(comma) = pair.punct() {
                field.end = self.bytes(comma.span()).end;
            }
            self.fields.push((field, whole.clone()));
        }
        visit::visit_expr_struct(self, structure);
    }

    fn visit_expr_match(&mut self, matching: &syn::ExprMatch) {
        // A guard leaves a pattern open, so something else has to take every value.
        let takes_all =
            |arm: &syn::Arm| arm.guard.is_none() && matches!(arm.pat, syn::Pat::Wild(_));
        if matching.arms.iter().any(takes_all) {
            for arm in &matching.arms {
                let site = (self.bytes(arm.span()), self.bytes(arm.pat.span()).end);
                self.arms.push(site);
            }
        }
        visit::visit_expr_match(self, matching);
    }

    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &syn::ItemConst) {
        self.constants.push(self.bytes(item.span()));
        visit::visit_item_const(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &syn::ImplItemConst) {
        self.constants.push(self.bytes(item.span()));
        visit::visit_impl_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &syn::ItemStatic) {
        self.constants.push(self.bytes(item.span()));
        visit::visit_item_static(self, item);
    }
}
