//! Our reader of ext2, ext3 and ext4 against those of others, and against damage.

mod as_linux;
mod attributes;
mod compare;
mod facts;
mod hostile;
mod images;
mod journal;
mod matrix;
mod oracle;
mod suite;
