//! The artefacts of one run side by side, with the target that starts them.

mod memory;
mod options;
mod partition;
mod slot;
mod surroundings;

pub use options::KnownOptions;
pub(crate) use partition::{by_number, by_partuuid, unescaped};
pub use slot::Slot;
pub use surroundings::Surroundings;

use crate::architecture::Architecture;
use crate::cmdline::{self, CommandLine, Effective};
use crate::error::{Error, Result};
use crate::initramfs::Initramfs;
use crate::kernel::Kernel;
use crate::limits::Limits;
use crate::machine::{Choices, Machine, Storage};
use crate::metadata::Metadata;
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::userland::modules::{self, Modules};
use crate::vmm::{self, Accepts, DiskKind, Platform, Target};
use std::sync::{Mutex, OnceLock};

/// What is booted, and by what.
pub struct Bundle {
    kernel: Slot<Kernel>,
    initramfs: Slot<Initramfs>,
    root: Slot<RootFs>,
    command_line: Slot<CommandLine>,
    /// The kernel's file name, without its folder.
    pub file_name: String,
    /// The initramfs' file name, without its folder; empty where it came without one.
    pub initramfs_name: String,
    /// What reading may cost.
    pub limits: Limits,
    /// The VMM.
    pub target: &'static Target,
    /// The architecture of the virtual machine; `None` is the kernel's own.
    pub architecture: Option<Architecture>,
    /// RAM of the machine; `None` is what the target has by itself.
    pub ram_mib: Option<u64>,
    /// The level of x86-64 that the machine's CPU has; `None` where nobody said.
    pub cpu_level: Option<u8>,
    /// The kind of the root's disk; `None` is the target's usual one.
    pub disk: Option<&'static DiskKind>,
    /// Whether the machine gets the root's disk read-only.
    pub read_only_disk: bool,
    /// Whether the machine is started with ACPI, if the platform leaves that open and the user chose.
    pub acpi: Option<bool>,
    surroundings: Surroundings,
    metadata: OnceLock<Option<Result<Option<Metadata>>>>,
    options: OnceLock<Result<KnownOptions>>,
    /// The options that were asked for, as evidence of what is decided by them.
    asked: Mutex<Vec<&'static str>>,
    assumed: OnceLock<Result<CommandLine>>,
    added_root: OnceLock<Option<CommandLine>>,
    archive_modules: OnceLock<Result<Option<Modules>>>,
}

impl Bundle {
    /// A kernel alone, what lies around it, and the machine it is for.
    pub fn new(
        kernel: Kernel,
        surroundings: Surroundings,
        limits: Limits,
        target: &'static Target,
        architecture: Option<Architecture>,
    ) -> Self {
        Self::empty(limits, target, architecture).with_kernel(kernel, surroundings)
    }

    /// A machine of which nobody has said yet what it boots.
    pub fn empty(
        limits: Limits,
        target: &'static Target,
        architecture: Option<Architecture>,
    ) -> Self {
        Self {
            kernel: Slot::NotTold,
            initramfs: Slot::NotTold,
            root: Slot::NotTold,
            command_line: Slot::NotTold,
            file_name: String::new(),
            initramfs_name: String::new(),
            limits: limits.metered(),
            target,
            architecture,
            ram_mib: None,
            cpu_level: None,
            disk: None,
            read_only_disk: false,
            acpi: None,
            surroundings: Surroundings::default(),
            metadata: OnceLock::new(),
            options: OnceLock::new(),
            asked: Mutex::default(),
            assumed: OnceLock::new(),
            added_root: OnceLock::new(),
            archive_modules: OnceLock::new(),
        }
    }

    /// The same machine with a kernel, and what lies around it.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel, surroundings: Surroundings) -> Self {
        self.file_name = surroundings.file_name();
        self.kernel = Slot::Given(kernel);
        self.surroundings = surroundings;
        self
    }

    /// The same machine with that initramfs, or without one.
    #[must_use]
    pub fn with_initramfs(mut self, initramfs: Option<Initramfs>) -> Self {
        self.initramfs = initramfs.map_or(Slot::None, Slot::Given);
        self
    }

    /// The same machine with that root, or without one. A command line is given before: it may name
    /// the partition.
    #[must_use]
    pub fn with_root(mut self, root: Option<RootFs>) -> Self {
        self.root = match root {
            Some(root) => Slot::Given(self.partition_by_command_line(root)),
            None => Slot::None,
        };
        self
    }

    /// The same machine with that command line.
    #[must_use]
    pub fn with_command_line(mut self, line: CommandLine) -> Self {
        self.command_line = Slot::Given(line);
        self
    }

    /// The same machine with a command line that boots the root on its target, since nobody gave
    /// one. Reports say so.
    #[must_use]
    pub fn with_assumed_command_line(mut self) -> Self {
        self.command_line = Slot::None;
        self
    }

    /// The initramfs; `None` where there is none, an error where nobody said.
    pub fn initramfs(&self) -> Result<Option<&Initramfs>> {
        self.initramfs.known(Role::Initramfs)
    }

    /// The root; `None` where there is none, an error where nobody said.
    pub fn root(&self) -> Result<Option<&RootFs>> {
        self.root.known(Role::Rootfs)
    }

    /// The limits of work or time that ended the reading of an artefact. What was found out of it
    /// afterwards, or not found, says nothing.
    pub fn overruns(&self) -> Vec<Error> {
        let kernel = self.kernel().ok().and_then(Kernel::overrun);
        let initramfs = self.initramfs().ok().flatten();
        let root = self.root().ok().flatten();
        let own = self.limits.work().overrun();
        let overruns = [
            kernel.map(|error| error.of(Role::Kernel)),
            initramfs.and_then(Initramfs::overrun),
            root.and_then(RootFs::overrun),
            own,
        ];
        overruns.into_iter().flatten().collect()
    }

    /// The command line: the one that was given, or the one that is assumed.
    pub fn command_line(&self) -> Result<&CommandLine> {
        match &self.command_line {
            Slot::Given(line) => Ok(line),
            Slot::NotTold => Err(Error::not_given(Role::Cmdline)),
            Slot::None => self
                .assumed
                .get_or_init(|| self.assume())
                .as_ref()
                .map_err(Clone::clone),
        }
    }

    /// Whether the command line is assumed.
    pub fn is_command_line_assumed(&self) -> bool {
        matches!(self.command_line, Slot::None)
    }

    fn assume(&self) -> Result<CommandLine> {
        let kind = match self.root()? {
            Some(root) => root.contents().map_or("ext4", |contents| contents.name()),
            None => "ext4",
        };
        let kind = match kind {
            "directory" => "virtiofs",
            other => other,
        };
        let text = match self.root()? {
            Some(root) => {
                let disk = self.disk_kind().first_device();
                let platform = self.platform()?;
                let line = platform.command_line_from(self.assumed_console(platform), &disk, kind);
                // A system inside a partition is not found on the whole disk.
                match root.partition() {
                    Ok(Some(partition)) => {
                        let named = format!("root={disk}");
                        let own = vmm::partition_name(&disk, partition.number);
                        line.replacen(&named, &format!("root={own}"), 1)
                    }
                    _ => line,
                }
            }
            None => format!("console={}", self.assumed_console(self.platform()?)),
        };
        Ok(CommandLine::parse(text))
    }

    /// The console that an assumed line names: the usual one. A libkrunfw is built for the virtio
    /// console, which libkrun's own line names.
    pub fn assumed_console(&self, platform: &Platform) -> &'static str {
        let container = self.kernel().and_then(Kernel::container);
        let is_libkrunfw = container.is_ok_and(|container| container.name == "libkrunfw");
        let mut consoles = platform.consoles.iter();
        match consoles.find(|console| console.virtio) {
            Some(console) if is_libkrunfw => console.device,
            _ => platform.default_console(),
        }
    }

    /// Returns the machine on which this boots.
    pub fn machine(&self) -> Result<Machine> {
        Ok(self.machine_on(self.platform()?))
    }

    /// Returns the machine for which the command line is judged.
    pub fn command_line_machine(&self) -> Result<Machine> {
        Ok(self.machine_on(self.command_line_platform()?))
    }

    fn machine_on(&self, platform: &'static Platform) -> Machine {
        let line = self.command_line().ok();
        let consoles = line.map(CommandLine::consoles).unwrap_or_default();
        let storage = match self.root.get() {
            Some(root) if root.is_folder() => Storage::Folder,
            Some(_) => Storage::Disk {
                is_read_only: self.read_only_disk,
            },
            None => Storage::None,
        };
        let choices = Choices {
            ram_mib: self.ram_mib,
            cpu_level: self.cpu_level,
            acpi: self.acpi,
            storage,
            disk: self.disk,
            consoles: consoles.into_iter().map(|named| named.device).collect(),
            names_root: line.is_some_and(|line| line.value("root").is_some()),
        };
        Machine::new(self.target, platform, &choices)
    }

    /// The platform that the command line is judged for. By itself, a line is judged for the machine
    /// that was named, or a usual one.
    pub fn command_line_platform(&self) -> Result<&'static Platform> {
        match self.platform() {
            Err(error) if self.has_kernel() => Err(error),
            Err(_) => {
                let machine = self.architecture.unwrap_or(Architecture::X86_64);
                self.target
                    .platform(machine)
                    .ok_or_else(|| Error::wrong_machine(self.target.title, machine.name()))
            }
            known => known,
        }
    }

    /// The command line as it arrives in the kernel, with what the target adds.
    pub fn effective_command_line(&self) -> Result<Effective> {
        let machine = self.command_line_machine()?;
        let line = self.command_line()?;
        // The setup header counts without the NUL.
        let header = match self.kernel.get() {
            Some(kernel) => kernel.optional(|header| header.cmdline_max_bytes)?,
            None => None,
        };
        let size = match header {
            Some(bytes) => bytes.saturating_add(1),
            None => cmdline::command_line_size(machine.architecture()),
        };
        Ok(cmdline::effective_within(&machine, line, size))
    }

    /// Returns the command line that decides what is mounted: with the root that the VMM adds, if the VMM
    /// makes the disk the root.
    pub fn root_line(&self) -> Result<&CommandLine> {
        let line = self.command_line()?;
        let added = self.added_root.get_or_init(|| {
            let machine = self.command_line_machine().ok()?;
            machine.disk()?.root_drive.as_ref()?;
            let effective = self.effective_command_line().ok()?;
            Some(effective.kept())
        });
        Ok(added.as_ref().unwrap_or(line))
    }

    /// Returns the kind of the machine's disk. Without a kernel it is that of the target's first machine.
    pub fn disk_kind(&self) -> &'static DiskKind {
        if let Some(kind) = self.disk {
            return kind;
        }
        let platform = self.command_line_platform().ok();
        platform
            .or(self.target.platforms.first())
            .map_or(&vmm::VIRTIO_BLK, Platform::disk_kind)
    }

    /// The name that the kernel gives the root's disk.
    pub fn disk_name(&self) -> String {
        self.disk_kind().disk_name(0)
    }

    /// Returns RAM of the machine.
    pub fn ram_bytes(&self) -> Result<u64> {
        Ok(self.machine()?.ram_bytes())
    }

    /// The kernel image.
    pub fn kernel(&self) -> Result<&Kernel> {
        self.kernel.given(Role::Kernel)
    }

    /// Whether there is a kernel in this run; without one, artefacts are judged by themselves.
    pub fn has_kernel(&self) -> bool {
        self.kernel.get().is_some()
    }

    /// The kernel's architecture; `None` where there is no kernel.
    pub fn kernel_architecture(&self) -> Result<Option<Architecture>> {
        match self.kernel.get() {
            Some(kernel) => kernel.architecture().map(Some),
            None => Ok(self.architecture),
        }
    }

    /// The parts of which nobody said whether they are there, in the order of a boot.
    pub fn not_told(&self) -> Vec<Role> {
        let mut roles = Vec::new();
        if self.kernel.is_not_told() {
            roles.push(Role::Kernel);
        }
        if self.initramfs.is_not_told() {
            roles.push(Role::Initramfs);
        }
        if self.root.is_not_told() {
            roles.push(Role::Rootfs);
        }
        if self.command_line.is_not_told() {
            roles.push(Role::Cmdline);
        }
        roles
    }

    /// The architecture of the virtual machine: the one asked for, or the kernel's own. A 32-bit
    /// x86 kernel is offered the 64-bit machine, since that is the one there is.
    pub fn machine_architecture(&self) -> Result<Architecture> {
        if let Some(architecture) = self.architecture {
            return Ok(architecture);
        }
        Ok(match self.kernel()?.architecture()? {
            Architecture::I386 => Architecture::X86_64,
            other => other,
        })
    }

    /// What kernel-metadata.json says of the kernel, if there is such a file and it does.
    pub fn metadata(&self) -> Result<Option<&Metadata>> {
        match self.metadata.get_or_init(|| self.surroundings.metadata()) {
            None => Ok(None),
            Some(Ok(metadata)) => Ok(metadata.as_ref()),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    /// Whether a file of that name lies beside the kernel; `None` where the kernel came without a
    /// path, or that is no name of a file.
    pub fn lies_beside(&self, name: &str) -> Option<bool> {
        self.surroundings.has(name)
    }

    /// The target on that machine. An error where the kernel cannot run there: what depends on the
    /// platform is then beside the point.
    pub fn platform(&self) -> Result<&'static Platform> {
        let machine = self.machine_architecture()?;
        let kernel = self.kernel()?.architecture()?;
        let fits =
            kernel == machine || (kernel, machine) == (Architecture::I386, Architecture::X86_64);
        self.target
            .platform(machine)
            .filter(|_| fits)
            .ok_or_else(|| Error::wrong_machine(self.target.title, kernel.name()))
    }

    /// The option behind the file system of the root; `None` where it is nothing that Linux mounts.
    pub fn root_option(&self) -> Result<Option<&'static str>> {
        let Some(root) = self.root()? else {
            return Ok(None);
        };
        if root.is_folder() {
            return Ok(Some("VIRTIO_FS"));
        }
        Ok(root.contents()?.mount().map(|mount| mount.kconfig))
    }

    /// The modules in the initramfs for this kernel's release; `None` where it has none.
    pub fn archive_modules(&self) -> Result<Option<&Modules>> {
        self.archive_modules
            .get_or_init(|| self.find_archive_modules())
            .as_ref()
            .map(Option::as_ref)
            .map_err(Clone::clone)
    }

    fn find_archive_modules(&self) -> Result<Option<Modules>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(None);
        };
        let archive = initramfs.archive()?;
        let release = self.kernel()?.release()?;
        modules::modules(archive, &release, &self.limits)
    }

    /// The form in which the platform takes this kernel, by its container and codec; `None` where
    /// it does not take it as it is. An error where the kernel does not show its codec, or what a
    /// VMM would unwrap from it.
    pub fn accepted_form(&self) -> Result<Option<&'static Accepts>> {
        self.accepted_form_on(self.platform()?)
    }

    /// The same for another platform than that of the target.
    pub fn accepted_form_on(
        &self,
        platform: &'static Platform,
    ) -> Result<Option<&'static Accepts>> {
        let container = self.kernel()?.container()?.name;
        let forms = platform.accepts.iter();
        for form in forms.filter(|form| form.container == container) {
            if self.has_codec_of(form)? && self.has_inside_what(form)? {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }

    fn has_codec_of(&self, form: &Accepts) -> Result<bool> {
        let Some(codecs) = form.codecs else {
            return Ok(true);
        };
        let header = self.kernel()?.header()?;
        let codec = match (&header.payload, header.problems.first()) {
            (Some(payload), _) if payload.codec().is_some() => payload.codec(),
            (_, Some(problem)) => return Err(problem.clone()),
            (None, None) => None,
            (Some(_), None) => {
                let chain = self.kernel()?.chain()?;
                match chain.layers.first().and_then(|layer| layer.codec) {
                    Some(codec) => Some(codec),
                    None => chain.image().map(|_| None)?,
                }
            }
        };
        Ok(codec.is_some_and(|codec| codecs.contains(&codec.name)))
    }

    /// A VMM that unwraps the kernel itself has to find what it starts directly inside.
    fn has_inside_what(&self, form: &Accepts) -> Result<bool> {
        let Some(inner) = form.inner else {
            return Ok(true);
        };
        let chain = self.kernel()?.chain()?;
        match chain.layers.get(1) {
            Some(layer) => Ok(layer.container.name == inner),
            None => chain.image().map(|_| false),
        }
    }
}
