//! The init of the archives that `initramfs build` makes: it loads modules, mounts the root, and
//! hands over to the init there.
//!
//! What it does with the command line is what the kernel would have done without an initramfs
//! (`init/do_mounts.c`, `init/main.c`): `root=/dev/NAME`, `rootfstype=` (a list, tried in turn),
//! `rootflags=`, `ro` and `rw`, `rootdelay=`, `rootwait` (for ever) and `rootwait=SECONDS`, `init=`.
//! The words behind `--` and what the kernel does not know reach init too, because init gets the
//! arguments and the environment that the kernel gave us. Not done: `root=` by UUID, PARTUUID, LABEL
//! or number, parameters of modules, `resume=`.
//!
//! Whatever fails is said in one line that begins with `kelpie-check: cannot`, with what was done to
//! which path and the error of the kernel; then it exits, and the kernel panics with "Attempted to
//! kill init!".

mod command_line;
mod routines;

use super::assembler::{Argument, Condition, Datum, Operation, Program, Register, Syscall};
use super::linux::{
    AT_FDCWD, EACCES, EEXIST, ENODEV, ENOENT, EROFS, MNT_DETACH, MS_MOVE, MS_RDONLY, O_RDONLY,
    O_RDWR, sleep,
};
use Condition::{Equal, Less, NotEqual, NotLess};
use Register::{R0, R1, R2, R3, R4, R5};
use command_line::Parameters;
use routines::Writing;

/// What it says once the root is mounted.
pub const MOUNTED: &str = "kelpie-check: root mounted";
/// What it says before it runs an init, whose path follows.
pub const STARTING: &str = "kelpie-check: starting ";
/// How every line about a failure begins.
pub const CANNOT: &str = "kelpie-check: cannot ";

/// The modules to load: each line the path of one, in order.
pub const MODULES_PATH: &str = "modules";
/// The type of the root where `rootfstype=` states none.
pub const TYPE_PATH: &str = "rootfstype";
/// Where the root is mounted before it becomes the root.
const ROOT: &str = "/root";

/// A longer list of modules is cut.
pub(super) const LIST_BYTES: i32 = 16_384;
const TYPE_BYTES: i32 = 64;
/// What the kernel tries where no `init=` says otherwise (`init/main.c`, `kernel_init`).
const INITS: [&str; 4] = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"];
/// The device of the root is asked for twenty times a second, for ten seconds.
const PAUSE_NANOSECONDS: u64 = 50_000_000;
const TRIES_A_SECOND: i32 = 20;
const TRIES: i32 = 200;

/// The program, of no architecture yet.
pub fn init() -> Program {
    let mut w = Writing::new();
    let stack = w.p.space(8);
    w.p.push(Operation::Stack(R1));
    w.store(stack, R1, R2);

    mount(&mut w, "proc", "/proc");
    mount(&mut w, "devtmpfs", "/dev");
    open_console(&mut w);
    load_modules(&mut w);
    // The driver of the console may have been a module.
    open_console(&mut w);
    let parameters = command_line::parse(&mut w);
    mount_root(&mut w, &parameters);
    switch_root(&mut w);
    start(&mut w, &parameters, stack);

    w.p.place(w.give_up);
    w.p.syscall(Syscall::Exit, &[1.into()]);
    w.finish()
}

/// Mounts one of the kernel's own file systems. Where there is none, what needs it will say so.
fn mount(w: &mut Writing, name: &str, on: &str) {
    let (name, on) = (w.p.text(name), w.p.text(on));
    w.p.syscall(
        Syscall::Mount,
        &[name.into(), on.into(), name.into(), 0.into(), 0.into()],
    );
}

/// Makes the console what is read from and written to.
fn open_console(w: &mut Writing) {
    let none = w.p.label();
    let path = w.p.text("/dev/console");
    w.open(path, O_RDWR);
    w.p.set(R1, R0);
    w.p.branch(R1, Less, 0, none);
    for number in 0..3 {
        // Of the number that it has already, dup3 only says EINVAL.
        w.p.syscall(Syscall::Dup3, &[R1.into(), number.into(), 0.into()]);
    }
    w.p.branch(R1, Less, 3, none);
    w.p.syscall(Syscall::Close, &[R1.into()]);
    w.p.place(none);
}

/// Loads what the list names, and removes each file, since its memory is the machine's.
fn load_modules(w: &mut Writing) {
    let list = w.p.space(u64::from(LIST_BYTES.unsigned_abs()));
    let path = w.p.text(&format!("/{MODULES_PATH}"));
    let (empty, end, line_end) = (w.p.text(""), w.p.label(), w.p.label());
    w.read_file(path, list, LIST_BYTES);
    w.p.branch(R0, Less, 0, end);
    w.p.set(R1, list);

    // R2 is the beginning of a line, R1 its end.
    let line = w.p.here();
    w.p.set(R2, R1);
    let scan = w.p.here();
    w.load_byte(R3, R1, 0);
    w.p.branch(R3, Equal, 0, end);
    w.p.branch(R3, Equal, i32::from(b'\n'), line_end);
    w.p.add(R1, 1);
    w.p.jump(scan);
    w.p.place(line_end);
    w.p.set(R3, 0);
    w.store_byte(R3, R1, 0);
    w.p.add(R1, 1);

    let (failed, loaded) = (w.p.label(), w.p.label());
    w.open(R2, O_RDONLY);
    w.p.set(R4, R0);
    w.p.branch(R4, Less, 0, failed);
    w.p.set(R3, R4);
    w.p.syscall(Syscall::FinitModule, &[R3.into(), empty.into(), 0.into()]);
    w.p.set(R4, R0);
    w.p.syscall(Syscall::Close, &[R3.into()]);
    w.p.syscall(Syscall::Unlinkat, &[AT_FDCWD.into(), R2.into(), 0.into()]);
    w.p.branch(R4, Equal, 0, loaded);
    w.p.branch(R4, Equal, EEXIST, loaded);
    // It is for a processor or a device that this machine has not.
    w.p.branch(R4, Equal, ENODEV, loaded);
    w.p.place(failed);
    // The root may be had without it.
    w.cannot("load ");
    w.say_at(R2);
    w.say_error(R4);
    w.p.place(loaded);
    w.p.jump(line);
    w.p.place(end);
}

fn mount_root(w: &mut Writing, parameters: &Parameters) {
    let has_root = w.p.label();
    w.load(R1, parameters.root);
    w.p.branch(R1, NotEqual, 0, has_root);
    w.cannot("mount a root: no root= on the command line\n");
    w.p.jump(w.give_up);
    w.p.place(has_root);

    let is_stated = w.p.label();
    w.load(R2, parameters.root_type);
    w.p.branch(R2, NotEqual, 0, is_stated);
    built_in_type(w);
    w.p.place(is_stated);

    delay(w, parameters);
    let no_device = w.p.label();
    for name in ["virtiofs", "9p"] {
        // What such a root names is a tag.
        w.after_prefix(R2, name);
        w.p.branch(R0, NotEqual, 0, no_device);
    }
    wait_for_device(w, parameters);
    w.p.place(no_device);
    try_types(w, parameters);
}

/// R2 takes the type that the archive was made for.
fn built_in_type(w: &mut Writing) {
    let text = w.p.space(u64::from(TYPE_BYTES.unsigned_abs()));
    let path = w.p.text(&format!("/{TYPE_PATH}"));
    w.p.set(R4, R1);
    w.read_file(path, text, TYPE_BYTES);
    w.p.set(R1, R4);
    w.p.set(R2, text);
}

fn delay(w: &mut Writing, parameters: &Parameters) {
    let none = w.p.label();
    w.load(R0, parameters.root_delay);
    w.p.branch(R0, Equal, 0, none);
    w.number();
    w.p.set(R3, R0);
    let second = w.p.here();
    w.p.branch(R3, Less, 1, none);
    sleep(&mut w.p, 1, 0);
    w.p.add(R3, -1);
    w.p.jump(second);
    w.p.place(none);
}

/// Waits until the device at R1 can be opened.
fn wait_for_device(w: &mut Writing, parameters: &Parameters) {
    let (is_path, counted, there) = (w.p.label(), w.p.label(), w.p.label());
    w.after_prefix(R1, "/dev/");
    w.p.branch(R0, NotEqual, 0, is_path);
    w.cannot("find root=");
    w.say_at(R1);
    w.say(": this initramfs knows /dev/NAME alone\n");
    w.p.jump(w.give_up);
    w.p.place(is_path);

    // R3: how often it is tried.
    w.p.set(R3, TRIES);
    let seconds = w.p.label();
    w.load(R4, parameters.waits_forever);
    w.p.branch(R4, Equal, 0, seconds);
    w.p.set(R3, i32::MAX);
    w.p.place(seconds);
    w.load(R0, parameters.root_wait);
    w.p.branch(R0, Equal, 0, counted);
    w.number();
    // Times twenty.
    const { assert!(TRIES_A_SECOND == 5 * 4) };
    w.p.set(R3, R0);
    w.times_five(R3, R4);
    w.p.add(R3, R3);
    w.p.add(R3, R3);
    w.p.place(counted);

    let again = w.p.here();
    w.open(R1, O_RDONLY);
    w.p.set(R4, R0);
    w.p.branch(R4, NotLess, 0, there);
    w.p.add(R3, -1);
    let wait = w.p.label();
    w.p.branch(R3, NotLess, 1, wait);
    w.cannot("open ");
    w.say_at(R1);
    w.say_error(R4);
    w.p.jump(w.give_up);
    w.p.place(wait);
    sleep(&mut w.p, 0, PAUSE_NANOSECONDS);
    w.p.jump(again);
    w.p.place(there);
    w.p.syscall(Syscall::Close, &[R4.into()]);
}

/// Mounts R1 with each type of the list at R2 until one fits.
fn try_types(w: &mut Writing, parameters: &Parameters) {
    let on = w.p.text(ROOT);
    let mounted = w.p.label();
    // Behind the type, zero or the rest of the list.
    let rest = w.p.space(8);
    let list = w.p.here();
    w.p.set(R3, R2);
    w.p.set(R4, 0);
    let (scan, single) = (w.p.here(), w.p.label());
    w.load_byte(R5, R3, 0);
    let ends = w.p.label();
    w.p.branch(R5, Equal, 0, single);
    w.p.branch(R5, Equal, i32::from(b','), ends);
    w.p.add(R3, 1);
    w.p.jump(scan);
    w.p.place(ends);
    w.p.set(R5, 0);
    w.store_byte(R5, R3, 0);
    w.p.set(R4, R3);
    w.p.add(R4, 1);
    w.p.place(single);
    w.store(rest, R4, R5);

    let flagged = w.p.here();
    w.load(R4, parameters.mount_flags);
    w.load(R5, parameters.root_flags);
    w.p.syscall(
        Syscall::Mount,
        &[R1.into(), on.into(), R2.into(), R4.into(), R5.into()],
    );
    w.p.branch(R0, Equal, 0, mounted);
    w.p.set(R5, R0);
    // What cannot be written is mounted all the same, as the kernel does it.
    let (read_only, failed) = (w.p.label(), w.p.label());
    w.p.branch(R4, Equal, MS_RDONLY, failed);
    w.p.branch(R5, Equal, EACCES, read_only);
    w.p.branch(R5, NotEqual, EROFS, failed);
    w.p.place(read_only);
    w.p.set(R4, MS_RDONLY);
    w.store(parameters.mount_flags, R4, R5);
    w.p.jump(flagged);

    w.p.place(failed);
    w.cannot("mount ");
    w.say_at(R1);
    w.say(" as ");
    w.say_at(R2);
    w.say(&format!(" on {ROOT}"));
    w.say_error(R5);
    w.load(R2, rest);
    w.p.branch(R2, NotEqual, 0, list);
    w.p.jump(w.give_up);
    w.p.place(mounted);
    w.say(&format!("{MOUNTED}\n"));
}

/// Makes the mounted root the root. Its init finds /dev as after a boot without an initramfs.
fn switch_root(w: &mut Writing) {
    let (proc, dev) = (w.p.text("/proc"), w.p.text("/dev"));
    let new_dev = w.p.text(&format!("{ROOT}/dev"));
    let (root, here, top) = (w.p.text(ROOT), w.p.text("."), w.p.text("/"));
    w.p.syscall(Syscall::Umount2, &[proc.into(), MNT_DETACH.into()]);
    move_mount(w, dev, new_dev);
    w.p.syscall(Syscall::Chdir, &[root.into()]);
    move_mount(w, here, top);
    w.p.set(R5, R0);
    let failed = w.p.label();
    let moved = w.p.label();
    w.p.branch(R5, NotEqual, 0, failed);
    w.p.syscall(Syscall::Chroot, &[here.into()]);
    w.p.set(R5, R0);
    w.p.branch(R5, Equal, 0, moved);
    w.p.place(failed);
    w.cannot(&format!("make {ROOT} the root"));
    w.say_error(R5);
    w.p.jump(w.give_up);
    w.p.place(moved);
    w.p.syscall(Syscall::Chdir, &[top.into()]);
}

fn move_mount(w: &mut Writing, from: Datum, to: Datum) {
    w.p.syscall(
        Syscall::Mount,
        &[from.into(), to.into(), 0.into(), MS_MOVE.into(), 0.into()],
    );
}

/// Starts the init of the root with the arguments and the environment that we were given.
fn start(w: &mut Writing, parameters: &Parameters, stack: Datum) {
    w.load(R4, stack);
    w.p.add(R4, 8);
    // R4: the arguments. R5: the environment, behind the zero at their end.
    w.p.set(R5, R4);
    let argument = w.p.here();
    w.p.push(Operation::LoadWord(R3, R5, 0));
    w.p.add(R5, 8);
    w.p.branch(R3, NotEqual, 0, argument);

    let default = w.p.label();
    w.load(R1, parameters.init);
    w.p.branch(R1, Equal, 0, default);
    execute(w, R1);
    w.p.jump(w.give_up);

    w.p.place(default);
    for path in INITS {
        let next = w.p.label();
        let path = w.p.text(path);
        w.p.set(R1, path);
        w.open(R1, O_RDONLY);
        w.p.branch(R0, Equal, ENOENT, next);
        execute(w, R1);
        w.p.place(next);
    }
    w.cannot("find an init on the root\n");
}

/// Starts a program; goes on only where that fails, which is said.
fn execute(w: &mut Writing, path: Register) {
    w.say(STARTING);
    w.say_at(path);
    w.say("\n");
    w.p.push(Operation::StoreWord(path, R4, 0));
    let arguments: [Argument; 3] = [path.into(), R4.into(), R5.into()];
    w.p.syscall(Syscall::Execve, &arguments);
    w.p.set(R3, R0);
    w.cannot("run ");
    w.say_at(path);
    w.say_error(R3);
}
