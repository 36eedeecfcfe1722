//! From the arguments to a machine: the kernel in its form, the files under names of our own, and the
//! boot beside its prediction.

use super::choice::{choose, target};
use super::live::Live;
use super::{Arguments, Stop};
use crate::cli::assembly::Assembly;
use crate::cli::bytes_of;
use crate::cli::destination::Destination;
use crate::cli::extract::open;
use kelpie_check::architecture::Architecture;
use kelpie_check::boot::guard::Job;
use kelpie_check::boot::jail::Needs;
use kelpie_check::boot::{
    self, Accelerator, Backend, Copied, Fit, Outcome, Request, Room, RunningVm, Staging, Started,
};
use kelpie_check::bundle::Bundle;
use kelpie_check::cause::{self, CAUSES};
use kelpie_check::check::{self, Report, Selection};
use kelpie_check::cmdline::{CommandLine, Parameter};
use kelpie_check::convert::{self, Form};
use kelpie_check::error::{Error, Kind, Result};
use kelpie_check::finding::{Finding, Severity};
use kelpie_check::guest;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::machine::Machine;
use kelpie_check::predict::{Boot, RootMounter};
use kelpie_check::project::Image;
use kelpie_check::rootfs::{DiskFormat, RootFs};
use kelpie_check::source::Source;
use kelpie_check::stage::Stage;
use kelpie_check::userland::{InitChain, Program};
use kelpie_check::vmm::{Finds, Platform, Tables};
use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Outlook<T> = std::result::Result<T, Stop>;

/// QEMU's microvm with ACPI has no timer by which a translated CPU could be calibrated: Linux hangs after
/// "tsc: Unable to calibrate against PIT" (6.18 with QEMU 7.2).
const NO_TIMER: &str = "microvm with ACPI does not boot on a translated CPU (tcg): remove --acpi on, or \
    use --target qemu-q35";
/// How long a boot may take on a CPU that runs it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How many times that where instructions are translated, and where a host emulates them.
const TRANSLATED: u32 = 4;
const EMULATED: u32 = 8;
/// How long what waits or stumbles is given, as a part of the deadline.
const GRACE_PART: u32 = 6;

/// Starts what the arguments name, and compares it with what is predicted.
pub(super) fn outcome(
    arguments: &Arguments,
    image: &Image,
    own: &Path,
    log: Option<&Destination>,
    interrupted: &AtomicBool,
) -> Outlook<Outcome> {
    // The guard comes up while the kernel is read.
    let machine = RunningVm::prepare(own);
    let limits = arguments.judging.limits();
    let chosen = choose(arguments, architecture(arguments, image, &limits))?;
    let target = target(arguments, chosen.backend)?;
    let mut assembly = arguments
        .circumstances
        .assemble(image, target, &arguments.judging, false)
        .map_err(Stop::Unread)?;
    let is_translated = chosen.fit.accelerator == Accelerator::Tcg;
    if is_translated && assembly.bundle.machine().is_ok_and(|vm| lacks_timer(&vm)) {
        return Err(Stop::Usage(NO_TIMER.to_owned()));
    }
    let is_marked = image.initramfs.is_none() && image.rootfs.is_none();
    // What is no kernel for a machine there is gets no marker, and is refused by its cause.
    let marker = match assembly.bundle.platform() {
        Ok(platform) if is_marked => Some(add_marker(arguments, platform, &mut assembly, &limits)?),
        _ => None,
    };
    let machine = machine.map_err(|error| Stop::Trouble(error.to_string()))?;
    let staging = Staging {
        scratch: machine.scratch(),
    };
    let trouble = |error: io::Error| Stop::Trouble(error.to_string());
    let (mut files, headers) = take_kernel(arguments, image, &mut assembly, staging)?;
    let selection = arguments.judging.selection();
    let bundle = &mut assembly.bundle;
    let command_line = as_the_guest_gets_it(bundle);
    // What a file says beyond its headers costs more than to start a machine: it is read while that
    // runs, and may call it off.
    let cannot_start = match &headers {
        Some(headers) => check::findings(headers, &before_it_runs(&selection)),
        None => check::findings(bundle, &before_it_runs(&selection)),
    };
    if !arguments.force && is_refused(&cannot_start) {
        let report = predict(image, &assembly, &selection);
        return Ok(Outcome::refused(command_line, report));
    }
    files.initramfs = match (&marker, &image.initramfs) {
        (Some(marker), _) => Some(staging.write("initramfs", marker).map_err(trouble)?),
        (None, Some(path)) => Some(staging.link("initramfs", path).map_err(trouble)?),
        (None, None) => None,
    };
    let mut shared_bytes = 0;
    if let Some(path) = &image.rootfs {
        bundle.read_only_disk |= chosen.backend.copies_disks && is_left_alone(bundle)?;
        shared_bytes = stage_root(path, bundle, chosen.backend, staging, &mut files)?;
    }
    let room = room(&limits, shared_bytes, chosen.backend, &files, bundle);
    let plan = boot::plan(
        &assembly.bundle,
        files,
        chosen.fit.accelerator,
        arguments.cpu.clone(),
    )?;
    let started = Started {
        backend: chosen.backend.name,
        title: chosen.backend.title,
        version: None,
        accelerator: chosen.fit.accelerator,
        notes: chosen.notes.clone(),
        untested: chosen.backend.untested,
    };
    let timeout = arguments.timeout.unwrap_or_else(|| deadline(&chosen.fit));
    let mut live = Live::new(arguments, log).map_err(|error| Stop::Usage(error.to_string()))?;
    let shown = arguments.show_machine.then_some(&plan.machine);
    let parts = assembly.named_parts();
    live.head(&parts, &started, &command_line, timeout, shown);
    let (expect, deny) = (
        arguments.expect.as_deref().map(bytes_of),
        arguments.deny.as_deref().map(bytes_of),
    );
    let line = assembly.bundle.command_line()?;
    let named: Vec<&str> = [line.rdinit(), line.init()].into_iter().flatten().collect();
    let called_off = AtomicBool::new(false);
    let request = Request {
        until: arguments.until,
        expect: expect.as_deref(),
        deny: deny.as_deref(),
        settle: arguments.settle,
        grace: timeout / GRACE_PART,
        timeout,
        usual_timeout: deadline(&chosen.fit),
        tells_first_target: &|| tells_first_target(&Boot::new(&assembly.bundle)),
        is_initramfs_the_system: &|| is_initramfs_the_system(image, &Boot::new(&assembly.bundle)),
        named: &named,
        has_marker: is_marked,
        is_interrupted: &|| {
            interrupted.load(Ordering::Relaxed) || called_off.load(Ordering::Relaxed)
        },
        room,
        limits: &limits,
    };
    let order =
        (chosen.backend.order)(&plan, &chosen.fit, own, machine.scratch()).map_err(trouble)?;
    let jail = if arguments.no_jail {
        None
    } else {
        let program = chosen.fit.program.as_deref();
        Some(Needs::new(&plan, machine.scratch(), program).map_err(trouble)?)
    };
    let job = Job { order, jail };
    // What is known only once it runs is found out while it runs.
    let (observation, report, version) = std::thread::scope(|scope| {
        let report = scope.spawn(|| {
            let report = predict(image, &assembly, &selection);
            let is_off = !arguments.force && is_refused(&report.findings);
            called_off.store(is_off, Ordering::Relaxed);
            report
        });
        let observation = boot::run(machine, &job, &request, &mut |notice| live.tell(notice));
        let version = (chosen.backend.version)(&chosen.fit);
        (observation, report.join(), version)
    });
    live.finish();
    let report = report.map_err(|_| Stop::Trouble("the prediction failed".to_owned()))?;
    if called_off.into_inner() {
        return Ok(Outcome::refused(command_line, report));
    }
    Ok(Outcome::of(
        Started { version, ..started },
        command_line,
        report,
        observation?,
        arguments.expect.is_none().then_some(arguments.until),
    ))
}

fn lacks_timer(machine: &Machine) -> bool {
    machine.has_acpi() && matches!(machine.platform.tables, Tables::AcpiOrMultiProcessor { .. })
}

/// Puts the root into the scratch folder, if its image may be started. Returns how many bytes of it are
/// shared with the user's image.
fn stage_root(
    path: &Path,
    bundle: &Bundle,
    backend: &Backend,
    staging: Staging<'_>,
    files: &mut boot::Files,
) -> Outlook<u64> {
    let trouble = |error: io::Error| Stop::Trouble(error.to_string());
    let most_bytes = bundle.limits.scratch_bytes;
    let mut shared_bytes = 0;
    let Some(root) = bundle.root()?.filter(|root| !root.is_folder()) else {
        files.root = Some(staging.link("root", path).map_err(trouble)?);
        return Ok(shared_bytes);
    };
    let mut disk = boot::admit(root, bundle.platform()?, backend)?.map_err(Stop::Trouble)?;
    let is_unpacked = backend.copies_disks && disk.format != DiskFormat::Raw;
    let is_linked = bundle.read_only_disk || !backend.copies_disks;
    files.root = Some(if is_unpacked {
        // What reading it may cost is bounded by what may be written.
        let limits = Limits {
            read_bytes: most_bytes,
            ..bundle.limits.clone()
        };
        let image = RootFs::open(path, &limits)?.with_format(disk.format);
        let unpacked = image
            .image()?
            .disk
            .as_ref()
            .ok_or_else(|| Error::unsupported("root disk", "a folder"))?;
        disk.format = DiskFormat::Raw;
        staging
            .unpack("root", unpacked, most_bytes)
            .map_err(trouble)?
    } else if is_linked {
        staging.link("root", path).map_err(trouble)?
    } else {
        let (copy, copied) = staging.copy("root", path, most_bytes).map_err(trouble)?;
        if let Copied::Reflink(bytes) = copied {
            shared_bytes = bytes;
        }
        copy
    });
    files.disk = Some(disk);
    Ok(shared_bytes)
}

/// What the machine may write. A raw copy is as long as its disk from the start, and the VMM may keep
/// the guest's RAM in a file.
fn room(
    limits: &Limits,
    shared_bytes: u64,
    backend: &Backend,
    files: &boot::Files,
    bundle: &Bundle,
) -> Room {
    let disk_bytes = files.disk.map_or(0, |disk| disk.bytes);
    let ram_bytes = bundle.ram_bytes().unwrap_or_default();
    let file_bytes = if backend.copies_disks {
        limits
            .scratch_bytes
            .max(disk_bytes.saturating_add(1))
            .max(ram_bytes.saturating_mul(2))
    } else {
        limits.scratch_bytes
    };
    Room {
        scratch_bytes: limits.scratch_bytes.saturating_add(shared_bytes),
        file_bytes,
    }
}

fn predict(image: &Image, assembly: &Assembly, selection: &Selection) -> Report {
    let parts = assembly.named_parts();
    check::together(&image.name, &parts, &assembly.bundle, selection, false)
}

/// The machine's architecture: what was asked for, else the kernel's own, else the host's.
fn architecture(arguments: &Arguments, image: &Image, limits: &Limits) -> Architecture {
    let of_kernel = || {
        let source = open(image.kernel.as_deref()?, limits).ok()?;
        Kernel::new(source, limits.clone()).architecture().ok()
    };
    arguments
        .judging
        .arch
        .or_else(of_kernel)
        .or_else(|| Architecture::by_name(std::env::consts::ARCH))
        .unwrap_or(Architecture::X86_64)
}

/// A kernel alone gets our own initramfs, whose init says that it was reached.
fn add_marker(
    arguments: &Arguments,
    platform: &Platform,
    assembly: &mut Assembly,
    limits: &Limits,
) -> Outlook<Vec<u8>> {
    let machine = platform.architecture;
    let marker = guest::marker::archive(machine).ok_or_else(|| {
        Stop::Trouble(format!(
            "kelpie-check has no init for {machine}; give --initramfs or --rootfs"
        ))
    })?;
    let empty = Bundle::empty(
        limits.clone(),
        assembly.bundle.target,
        arguments.judging.arch,
    );
    let bundle = std::mem::replace(&mut assembly.bundle, empty);
    let archive = Initramfs::new(Source::from_bytes(marker.clone()), limits.clone());
    let bundle = bundle.with_initramfs(Some(archive)).with_root(None);
    assembly.bundle = if bundle.is_command_line_assumed() {
        // A machine that restarts at once ends at once.
        let restart = match machine {
            // On a busy host an emulated timer is late, and Linux takes it for a broken one.
            Architecture::X86_64 | Architecture::I386 => " reboot=t no_timer_check",
            _ => "",
        };
        let console = bundle.assumed_console(platform);
        bundle.with_command_line(CommandLine::parse(format!(
            "console={console} panic=-1{restart}"
        )))
    } else {
        bundle
    };
    Ok(marker)
}

/// Puts the kernel into the scratch folder, in a form that the backend takes by its header in every
/// version, and has it judged in that form. Where that is the file as it is, the same bundle comes
/// with it, by the kernel's headers alone.
fn take_kernel(
    arguments: &Arguments,
    image: &Image,
    assembly: &mut Assembly,
    staging: Staging<'_>,
) -> Outlook<(boot::Files, Option<Bundle>)> {
    let limits = arguments.judging.limits();
    let trouble = |error: io::Error| Stop::Trouble(error.to_string());
    let Some(path) = &image.kernel else {
        return Err(Stop::Usage("name a kernel".to_owned()));
    };
    let mut files = boot::Files::default();
    let form = match converts_to(&assembly.bundle) {
        Ok(form) => form,
        // What is no kernel is refused by its cause.
        Err(_) => return Ok((files, None)),
    };
    let mut headers = None;
    let made = match form {
        Some(form) => convert::extract(assembly.bundle.kernel()?, form, &limits)
            .map(Cow::into_owned)
            .map(Some),
        None if path == Path::new("-") => {
            let source = assembly.bundle.kernel()?.source();
            source
                .read_bounded("kernel", 0, source.len(), &limits)
                .map(Cow::into_owned)
                .map(Some)
        }
        None => Ok(None),
    };
    match made {
        Ok(Some(bytes)) => {
            files.kernel = staging.write("kernel", &bytes).map_err(trouble)?;
            // A line that is assumed goes by the file that was given, and is kept from here on.
            assembly.bundle.command_line().ok();
            let mut surroundings = arguments.circumstances.surroundings(image, path);
            surroundings.is_converted = form.is_some();
            let kernel = Kernel::new(Source::from_bytes(bytes), limits.clone());
            let empty = Bundle::empty(limits, assembly.bundle.target, arguments.judging.arch);
            let bundle = std::mem::replace(&mut assembly.bundle, empty);
            assembly.bundle = bundle.with_kernel(kernel, surroundings);
        }
        Ok(None) => {
            files.kernel = staging.link("kernel", path).map_err(trouble)?;
            // Another machine's kernel is none to start.
            if assembly.bundle.platform().is_ok() {
                headers = Some(headers_of(arguments, image, path, &assembly.bundle)?);
            }
        }
        // It is told by the cause that owns it.
        Err(_) => return Ok((files, None)),
    }
    files.kernel_is_elf = assembly.bundle.kernel()?.container()?.name == "elf";
    Ok((files, headers))
}

/// The machine and its kernel, of which nothing is decoded.
fn headers_of(
    arguments: &Arguments,
    image: &Image,
    path: &Path,
    bundle: &Bundle,
) -> Result<Bundle> {
    let limits = arguments.judging.limits();
    let source = bundle.kernel()?.source().clone();
    let kernel = Kernel::new(source, limits.clone()).quick();
    let surroundings = arguments.circumstances.surroundings(image, path);
    let mut headers = Bundle::empty(limits, bundle.target, arguments.judging.arch)
        .with_kernel(kernel, surroundings);
    // Where it depends on what was not given, nothing of it can refuse the kernel.
    if let Ok(line) = bundle.command_line() {
        headers = headers.with_command_line(line.clone());
    }
    headers.ram_mib = bundle.ram_mib;
    headers.acpi = bundle.acpi;
    headers.disk = bundle.disk;
    Ok(headers)
}

/// What the kernel has to be converted to; `None` where the backend takes it as it is, without
/// looking for a payload in it, in every version.
fn converts_to(bundle: &Bundle) -> Result<Option<Form>> {
    let platform = match bundle.platform() {
        Ok(platform) => platform,
        // Another machine's kernel: nothing to convert.
        Err(error) if error.kind() == Kind::WrongMachine => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_taken = bundle
        .accepted_form()?
        .is_some_and(|form| form.finds == Finds::Header && form.since.is_none());
    if is_taken {
        return Ok(None);
    }
    Ok(Form::ALL
        .into_iter()
        .find(|(name, _)| *name == platform.extract_to)
        .map(|(_, form)| form))
}

/// Whether one of these findings is of a cause by which nothing would run.
fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| {
        finding.severity == Severity::Fatal
            && cause::by_code(finding.code).is_some_and(|cause| cause.stage <= Stage::Load)
    })
}

/// Returns true if the init of the initramfs is the last one. An init that is known to mount a root is not,
/// even if the command line has it wait in a shell first. Of an init without a model, the given files decide.
fn is_initramfs_the_system(image: &Image, boot: &Boot<'_>) -> bool {
    match boot.root_mounter() {
        Ok(RootMounter::Nothing) => !boot.waits_in_shell(),
        Ok(RootMounter::Initramfs(_)) => false,
        Ok(RootMounter::Kernel) | Err(_) => image.rootfs.is_none(),
    }
}

/// Returns true if the init of the root prints on the console that it reaches its first target: systemd does,
/// unless the kernel is quiet.
fn tells_first_target(boot: &Boot<'_>) -> bool {
    let is_quiet = boot.command_line().is_ok_and(|line| {
        let says = |parameter: &Parameter| {
            parameter.is("quiet") || parameter.is("loglevel") || parameter.is("systemd.show_status")
        };
        line.parameters.iter().any(says)
    });
    let init = boot.init().ok().flatten().and_then(InitChain::program);
    !is_quiet && init.is_some_and(Program::is_systemd)
}

/// The causes by which nothing would run.
fn before_it_runs(selection: &Selection) -> Selection {
    Selection {
        select: CAUSES
            .iter()
            .filter(|cause| cause.stage <= Stage::Load)
            .map(|cause| cause.code)
            .collect(),
        ..selection.clone()
    }
}

/// Whether a guest that may only read the disk would not notice.
fn is_left_alone(bundle: &Bundle) -> Result<bool> {
    let is_read_only = bundle.root_line()?.read_only();
    let needs_nothing = bundle
        .root()?
        .and_then(|root| root.ext4().ok().flatten())
        .is_some_and(|ext4| !ext4.state().needs_recovery);
    Ok(is_read_only && needs_nothing && bundle.initramfs()?.is_none())
}

/// The command line with what the backend adds.
fn as_the_guest_gets_it(bundle: &Bundle) -> String {
    let line = bundle
        .effective_command_line()
        .map(|effective| effective.line)
        .or_else(|_| bundle.command_line().cloned());
    line.map(|line| String::from_utf8_lossy(&line.raw).into_owned())
        .unwrap_or_default()
}

fn deadline(fit: &Fit) -> Duration {
    let times = match fit.accelerator {
        _ if fit.emulates => EMULATED,
        Accelerator::Tcg => TRANSLATED,
        Accelerator::Kvm | Accelerator::Hvf => 1,
    };
    TIMEOUT.saturating_mul(times)
}
