//! Differences between prediction and boot that are known: what the title of a case has, and why it
//! stays. An entry whose value agrees where it stands alone fails the run.

pub static DIFFERENCES: [(&str, &str); 9] = [
    (
        "console console=null",
        "Who writes console=null asks not to see the boot: it goes on, as the files say, and nobody can tell.",
    ),
    (
        "mount rw rootflags=sb=8193",
        "sb= is not followed: whether there is a superblock in that block is not looked at.",
    ),
    (
        "init init=/dev/null",
        "The files know what the root has, not what devtmpfs puts over its /dev: the init asked for is missing by \
         the one and a device by the other. It is refused either way.",
    ),
    (
        "initramfs nothing but zeros",
        "The kernel passes over zeros without a word, so that its log is that of an archive without an init; the \
         files know that the archive is none.",
    ),
    (
        "initramfs /init of #!/bin/sh, CRLF",
        "Where /init does not run, the kernel goes on to /sbin/init, /etc/init, /bin/init and /bin/sh of the \
         archive. A shell that nobody reads counts as a failure by intent, though it is started.",
    ),
    (
        "init rdinit=/dev",
        "A directory is refused as rdinit=, and the kernel goes on to the inits of the archive; where there is \
         none it says so, and the log is that of KC601.",
    ),
    (
        "initramfs larger than the RAM, init rdinit=/nothing",
        "Both hold, and the first by its code is predicted; what is not unpacked is not looked into.",
    ),
    (
        "initramfs cpio behind 512 bytes of junk, console console=ttyS0 console=hvc0, machine 40 MiB",
        "As with the next one: KC403 is as likely by the log, and which of the two is named is not the same in \
         every boot.",
    ),
    (
        "initramfs bzip2, console console=ttyAMA0 console=hvc0, init init=/sbin/init",
        "Without root= and rdinit= the log speaks for KC403 as much as for the initramfs that was not unpacked.",
    ),
];
