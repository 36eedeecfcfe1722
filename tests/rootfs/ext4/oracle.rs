//! ext4-view as a second opinion, on the images that it agrees to read.

use super::compare::{open, walk};
use super::images::make;
use kelpie_check::tree::FileType;

#[test]
fn ordinary_images_read_as_ext4_view_reads_them() {
    let kinds: [&[&str]; 4] = [
        &["-t", "ext4"],
        &["-t", "ext4", "-b", "1024"],
        &["-t", "ext3"],
        &["-t", "ext2", "-b", "2048"],
    ];
    for arguments in kinds {
        let Some(image) = make(arguments, 16) else {
            return;
        };
        let theirs = ext4_view::Ext4::load_from_path(&image.path).unwrap();
        let ours = walk(&open(&image.path));
        let mut compared = 0;
        for (name, file) in &ours {
            let path = [b"/", name.as_slice()].concat();
            let path = ext4_view::Path::new(path.as_slice());
            match file.stat.file_type {
                // Of a block map, it takes a hole where block numbers would be for block 0.
                FileType::Regular
                    if arguments.contains(&"ext4") || !name.starts_with(b"sparse") =>
                {
                    let content = theirs
                        .read(path)
                        .unwrap_or_else(|error| panic!("{path:?} {arguments:?}: {error:?}"));
                    assert!(content == file.content, "{path:?}");
                }
                FileType::Symlink => {
                    let target = theirs.read_link(path).unwrap();
                    assert_eq!(target.as_ref(), file.content.as_slice(), "{path:?}");
                }
                FileType::Directory => {
                    let names = theirs.read_dir(path).unwrap().count();
                    let prefix = [name.as_slice(), b"/"].concat();
                    let below = ours
                        .keys()
                        .filter(|other| {
                            other
                                .strip_prefix(&prefix[..])
                                .is_some_and(|rest| !rest.contains(&b'/'))
                        })
                        .count();
                    // They list `.` and `..`, too.
                    assert_eq!(names, below + 2, "{path:?}");
                }
                _ => continue,
            }
            compared += 1;
        }
        assert!(compared > 340, "{compared}");
    }
}
