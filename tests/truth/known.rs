//! Differences between prediction and boot that are known: what the title of a case has, and why it
//! stays. An entry whose value agrees where it stands alone fails the run.

pub static DIFFERENCES: [(&str, &str); 5] = [
    (
        "initramfs larger than the RAM, init rdinit=/nothing",
        "Both hold, and the first by its code is predicted; what is not unpacked is not looked into.",
    ),
    (
        "root root=PARTUUID=00000007-01, mount rw rootfstype=ext4 rootflags=nosuchoption",
        "Both hold. BusyBox's mount has the options refused before the name is looked up; of the two, the earlier \
         stage is predicted.",
    ),
    (
        "disk ext4, cut to 4 KiB, tree links to init in a circle, mount rw rootflags=dax",
        "Both hold. Linux refuses dax before it compares the size of the file system with the disk; kelpie-check \
         looks for a truncated image first.",
    ),
    (
        "Alpine x86_64: init init=/sbin/init -- single",
        "Both hold. The words for the disk stand after --, so the kernel never sees them; the initramfs stops in \
         its shell before it misses the disk.",
    ),
    (
        "console console=ttyS0 loglevel=3, root root=PARTUUID=00000007-01",
        "With loglevel=3 the command line is not on the console, so that BusyBox's error may be about a file \
         system just as well as about the name; the stage that is told is that of the first.",
    ),
];
