//! What a report states about a kernel: plain values, `None` where a fact could not be had.

use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::bytes::Endianness;
use crate::kernel::{Header, Kernel, Payload, Preemption};
use crate::vmm::TARGETS;

/// The facts of one kernel image.
#[derive(Debug, Clone, Default)]
pub struct KernelFacts {
    /// Size of the file.
    pub file_bytes: Option<u64>,
    /// The outermost container's name.
    pub container: Option<&'static str>,
    /// Containers and codecs, outermost first.
    pub layers: Vec<&'static str>,
    /// The same, as people say them.
    pub titles: Vec<&'static str>,
    /// Whether [`KernelFacts::layers`] reaches the kernel itself.
    pub layers_whole: bool,
    /// `uname -m`.
    pub architecture: Option<&'static str>,
    /// Bits of a machine word.
    pub bits: Option<u8>,
    /// Byte order.
    pub endianness: Option<&'static str>,
    /// Size of a page.
    pub page_size_bytes: Option<u64>,
    /// Whether it may be placed elsewhere than it was linked for.
    pub relocatable: Option<bool>,
    /// The banner and its parts.
    pub banner: Option<BannerFacts>,
    /// The release: the banner's, or where nothing was decoded the header's.
    pub release: Option<String>,
    /// The outermost codec.
    pub codec: Option<&'static str>,
    /// Length of its stream.
    pub compressed_bytes: Option<u64>,
    /// What it decoded to.
    pub decoded_bytes: Option<u64>,
    /// What the header says that it decodes to.
    pub stated_decoded_bytes: Option<u64>,
    /// Physical load address, or offset from a 2 MiB boundary (arm64, riscv).
    pub load_address: Option<u64>,
    /// Physical address of the first instruction.
    pub entry: Option<u64>,
    /// Bytes in memory with BSS.
    pub image_size_bytes: Option<u64>,
    /// Bytes needed while it unpacks itself (x86).
    pub init_size_bytes: Option<u64>,
    /// Bytes of RAM that have to be there for it to start, counted from the beginning of RAM.
    pub memory_bytes: Option<u64>,
    /// x86 boot protocol, `2.15`.
    pub boot_protocol: Option<String>,
    /// The longest command line that the header allows.
    pub cmdline_max_bytes: Option<u64>,
    /// Whether firmware can start it.
    pub efi_stub: Option<bool>,
    /// Whether it carries a PE certificate table.
    pub signed: Option<bool>,
    /// Whether an ELF has the PVH entry note.
    pub pvh: Option<bool>,
    /// x86: a 64-bit entry exists.
    pub kernel_64: Option<bool>,
    /// x86: an EFI handover entry exists.
    pub efi_handover: Option<bool>,
    /// x86: it may be loaded above 4 GiB.
    pub above_4g: Option<bool>,
    /// libkrunfw: the version of its interface.
    pub abi_version: Option<u32>,
    /// Whether it randomises its own place (`RANDOMIZE_BASE`).
    pub kaslr: Option<bool>,
    /// How many symbols its symbol table has; `None` where it was not needed or is not there.
    pub symbols: Option<u64>,
    /// Where the options come from: `embedded`, `file` or `none`.
    pub config_source: Option<&'static str>,
    /// The options that causes ask for, in the order of their table.
    pub options: Vec<OptionFact>,
    /// Named parts (UKI, libkrunfw).
    pub sections: Vec<SectionFact>,
    /// The targets that take it as it is.
    pub taken_by: Vec<&'static str>,
    /// The targets that take it after `kelpie-check extract`.
    pub taken_after_conversion: Vec<&'static str>,
}

/// The banner and what is read from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BannerFacts {
    /// The whole line.
    pub text: String,
    /// First number of the release.
    pub major: u32,
    /// Second number of the release.
    pub minor: u32,
    /// What follows the numbers of the release: `-0-virt`.
    pub local_version: String,
    /// Who built it.
    pub builder: String,
    /// Compiler and linker.
    pub compiler: String,
    /// Number of the build.
    pub build_number: u64,
    /// `SMP`, `PREEMPT`, `PREEMPT_DYNAMIC`, `PREEMPT_RT`.
    pub flags: Vec<&'static str>,
    /// When it was built, or what the packager put in that place.
    pub date: String,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFact {
    /// Its name, without `CONFIG_`.
    pub name: &'static str,
    /// `y`, `m`, `n`, `not-y` or `unknown`.
    pub state: &'static str,
    /// What says so.
    pub evidence: &'static str,
}

/// One named part of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionFact {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub offset: u64,
    /// Its length.
    pub bytes: u64,
}

impl KernelFacts {
    /// Everything that can be had of the bundle's kernel. What was decoded for the causes is not
    /// decoded again.
    pub fn of(bundle: &Bundle) -> Self {
        let Ok(kernel) = bundle.kernel() else {
            return Self::default();
        };
        let mut facts = Self {
            file_bytes: Some(kernel.source().len()),
            ..Self::default()
        };
        facts.read_layers(kernel);
        facts.read_headers(kernel);
        facts.read_image(kernel);
        facts.read_options(bundle);
        facts.memory_bytes = bundle.memory_bytes().ok().flatten();
        facts.read_targets(bundle, kernel);
        facts
    }

    /// Asks each target that serves the architecture. One for which the file does not tell is in no list.
    fn read_targets(&mut self, bundle: &Bundle, kernel: &Kernel) {
        let Ok(architecture) = kernel.architecture() else {
            return;
        };
        for target in TARGETS {
            let mut platforms = target.platforms.iter();
            let Some(platform) = platforms.find(|platform| platform.architecture == architecture)
            else {
                continue;
            };
            match bundle.accepted_form_on(platform) {
                Ok(Some(_)) => self.taken_by.push(target.name),
                Ok(None) => self.taken_after_conversion.push(target.name),
                Err(_) => {}
            }
        }
    }

    /// The state of an option, if it is known at all.
    pub fn option(&self, name: &str) -> Option<&'static str> {
        self.options
            .iter()
            .find(|option| option.name == name)
            .map(|option| option.state)
    }

    fn read_layers(&mut self, kernel: &Kernel) {
        let (Ok(container), Ok(header)) = (kernel.container(), kernel.header()) else {
            return;
        };
        self.container = Some(container.name);
        self.sections = header
            .sections
            .iter()
            .map(|section| SectionFact {
                name: section.name.clone(),
                offset: section.offset,
                bytes: section.length,
            })
            .collect();
        if let Some(Payload::Compressed {
            length,
            codec,
            stated_decoded_bytes,
            ..
        }) = &header.payload
        {
            self.codec = codec.map(|codec| codec.name);
            self.compressed_bytes = Some(*length);
            self.stated_decoded_bytes = *stated_decoded_bytes;
        }
        if let Ok((titles, is_whole)) = kernel.titles() {
            self.titles = titles;
            self.layers_whole = is_whole;
        }
        match kernel.chain() {
            Ok(chain) => {
                self.layers = chain.names();
                if let Some(layer) = chain.layers.iter().find(|layer| layer.codec.is_some()) {
                    self.codec = layer.codec.map(|codec| codec.name);
                    self.decoded_bytes = layer.decoded_bytes;
                }
            }
            Err(_) => {
                let codec = self.codec.filter(|codec| *codec != container.name);
                self.layers = [container.name].into_iter().chain(codec).collect();
            }
        }
    }

    fn read_headers(&mut self, kernel: &Kernel) {
        fn get<T>(kernel: &Kernel, fact: impl Fn(&Header) -> Option<T>) -> Option<T> {
            kernel.optional(fact).ok().flatten()
        }
        let architecture = kernel.architecture().ok();
        self.architecture = architecture.map(Architecture::name);
        self.bits = get(kernel, |header| header.bits).or(architecture.map(Architecture::bits));
        self.endianness = get(kernel, |header| header.endianness).map(Endianness::name);
        self.page_size_bytes = get(kernel, |header| header.page_size_bytes);
        self.relocatable = get(kernel, |header| header.relocatable);
        self.load_address = get(kernel, |header| header.load_address);
        self.entry = get(kernel, |header| header.entry);
        self.image_size_bytes = get(kernel, |header| header.image_size_bytes);
        self.init_size_bytes = get(kernel, |header| header.init_size_bytes);
        self.boot_protocol = get(kernel, |header| header.boot_protocol)
            .map(|(major, minor)| format!("{major}.{minor:02}"));
        self.cmdline_max_bytes = get(kernel, |header| header.cmdline_max_bytes);
        self.efi_stub = get(kernel, |header| header.efi_stub);
        self.signed = get(kernel, |header| header.signed);
        self.kernel_64 = get(kernel, |header| header.kernel_64);
        self.efi_handover = get(kernel, |header| header.efi_handover);
        self.above_4g = get(kernel, |header| header.above_4g);
        self.abi_version = get(kernel, |header| header.abi_version);
        self.pvh = get(kernel, |header| {
            header.notes_read.then_some(header.pvh_entry.is_some())
        });
    }

    fn read_image(&mut self, kernel: &Kernel) {
        self.release = kernel.release().ok();
        let Ok(banner) = kernel.banner() else {
            return;
        };
        let mut flags = Vec::new();
        if banner.smp {
            flags.push("SMP");
        }
        flags.extend(banner.preemption.map(|preemption| match preemption {
            Preemption::Full => "PREEMPT",
            Preemption::Dynamic => "PREEMPT_DYNAMIC",
            Preemption::RealTime => "PREEMPT_RT",
        }));
        self.banner = Some(BannerFacts {
            text: banner.text.clone(),
            major: banner.version.0,
            minor: banner.version.1,
            local_version: banner.local_version.clone(),
            builder: banner.builder.clone(),
            compiler: banner.compiler.clone(),
            build_number: banner.build_number,
            flags,
            date: banner.date.clone(),
        });
    }

    fn read_options(&mut self, bundle: &Bundle) {
        let Ok(known) = bundle.options() else {
            return;
        };
        self.symbols = known.symbols;
        self.config_source = Some(match &known.config_source {
            Some(evidence) => evidence.name(),
            None => "none",
        });
        self.options = known
            .options
            .iter()
            .map(|judged| OptionFact {
                name: judged.spec.name,
                state: judged.state.name(),
                evidence: judged.evidence.name(),
            })
            .collect();
        self.kaslr = known.options.state("RANDOMIZE_BASE").is_built_in();
    }
}
