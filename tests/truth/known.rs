//! Differences between prediction and boot that are known: what the title of a case has, and why it
//! stays. An entry whose value agrees where it stands alone fails the run.

pub static DIFFERENCES: [(&str, &str); 4] = [
    (
        "initramfs larger than the RAM, init rdinit=/nothing",
        "Both hold, and the first by its code is predicted; what is not unpacked is not looked into.",
    ),
    (
        "tree init empty, root root=254:0, mount rw rootflags=data=journal",
        "Files don't tell that 254:0 is the disk, nor so what keeps it from being mounted: of what is wrong, that of \
         init alone is certain.",
    ),
    (
        "root root=PARTUUID=00000007-01, mount rw rootfstype=ext4 rootflags=nosuchoption",
        "Both hold. BusyBox's mount has the options refused before the name is looked up; of the two, the earlier \
         stage is predicted.",
    ),
    (
        "console console=ttyS0 loglevel=3, root root=PARTUUID=00000007-01",
        "With loglevel=3 the command line is not on the console, so that BusyBox's error may be about a file \
         system just as well as about the name; the stage that is told is that of the first.",
    ),
];
