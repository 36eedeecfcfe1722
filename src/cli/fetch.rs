//! `kelpie-check fetch`: a kernel from a mirror, a package or an image, written as a VMM takes it and
//! checked as it arrives.

use super::Exit;
use super::destination;
use super::judging::{architectures, limits, parse_limit, targets};
use super::output::{complain, print, takes_colour};
use super::transfer::Transfer;
use kelpie_check::architecture::Architecture;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report, Selection};
use kelpie_check::error::{Error, Result};
use kelpie_check::fetch::{
    self, Cache, Client, Expected, Fetched, Found, Installed, Keys, Local, MIRROR, Mirror,
    Recorded, Version, Way, Wish,
};
use kelpie_check::finding::Severity;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::metadata::{FILE_NAME, Metadata};
use kelpie_check::printable::Printable;
use kelpie_check::report::{self, FetchOutcome, FetchSummary, IndexAge, Style};
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::vmm::{self, Target};
use std::path::{Path, PathBuf};
use std::time::Duration;

const HELP: &str = "\
Kernels come from a mirror of Alpine (--alpine), a package (--apk, --deb), or a source with a /boot
(--from): a folder, an ISO 9660 image, a tar archive, a container image (OCI layout or docker save),
or a disk image. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name proxies, and SSL_CERT_FILE
further certificates.

Exit status:
  0  the files are written, without fatal findings; with --check: no newer kernel
  1  the written files have fatal findings; with --check: there is a newer kernel
  2  wrong usage
  3  not fetched: nothing was written";

#[derive(clap::Args)]
#[command(after_help = HELP)]
#[command(group(clap::ArgGroup::new("origin").args(["alpine", "apk", "deb", "from"])))]
pub struct Arguments {
    /// A release of Alpine: 3.22, 3.22.1, edge, latest-stable
    #[arg(long, value_name = "RELEASE")]
    alpine: Option<String>,
    /// A package of Alpine
    #[arg(long, value_name = "FILE")]
    apk: Option<PathBuf>,
    /// A package of Debian
    #[arg(long, value_name = "FILE")]
    deb: Option<PathBuf>,
    /// A folder, an archive or an image that contains a kernel
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// The architecture of the kernel [default with --alpine: that of this host]
    #[arg(long, value_parser = architectures())]
    arch: Option<Architecture>,
    /// The flavour of the kernel, such as virt or lts [default with --alpine: virt]
    #[arg(long, value_parser = parse_flavor)]
    flavor: Option<String>,
    /// The URL of the mirror's folder with the releases
    #[arg(long, value_name = "URL", default_value = MIRROR, value_parser = parse_mirror)]
    mirror: String,
    /// The place on the mirror: apk, netboot or release [default: the first that has the kernel, in
    /// this order]
    #[arg(long, value_parser = parse_way)]
    via: Option<Way>,
    /// Fetch only the kernel, even if the source has an initramfs
    #[arg(long)]
    kernel_only: bool,
    /// Skip sources without an initramfs, such as the package
    #[arg(long, conflicts_with = "kernel_only")]
    with_initramfs: bool,
    /// The output folder
    #[arg(short, long, value_name = "DIR", default_value = "kernel")]
    output: PathBuf,
    /// Convert the kernel to the form that this VMM takes [default: libkrun]
    #[arg(long, value_parser = targets(), conflicts_with = "as_is")]
    target: Option<&'static Target>,
    /// Keep the kernel in its own form
    #[arg(long)]
    as_is: bool,
    /// Also trust this key, or the keys in this folder; may be repeated
    #[arg(long, value_name = "PATH")]
    keys: Vec<PathBuf>,
    /// Accept files that have no signature, no digest listed over HTTPS and no recorded digest
    #[arg(long)]
    allow_untrusted: bool,
    /// Accept an index or a package that is older than the one recorded before
    #[arg(long)]
    allow_downgrade: bool,
    /// The folder for fetched files [default: the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Contact no server and use only the cache
    #[arg(long)]
    offline: bool,
    /// Write only files that kernel-metadata.json in the folder lists, from the server of --mirror,
    /// and leave kernel-metadata.json as it is
    #[arg(long)]
    locked: bool,
    /// Check if the mirror has a newer kernel than kernel-metadata.json records, and write nothing
    #[arg(long, conflicts_with_all = ["locked", "apk", "deb", "from"])]
    check: bool,
    /// A root file system to check the kernel with
    #[arg(long, value_name = "IMAGE")]
    rootfs: Option<PathBuf>,
    /// The time in seconds that a server may be silent
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// The time in seconds for all servers together, plus one second for each 64 KiB received
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    deadline: u64,
    /// The output format: human or json
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
    /// Raise or lower a limit (see kelpie-check kernel --help)
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

impl Arguments {
    /// The folder that is written.
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// Returns true if servers may be asked: not for local files, and not with `--offline`.
    pub fn asks_servers(&self) -> bool {
        local(self).is_none() && !self.offline
    }

    /// The folder of the cache, where one is used.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        if local(self).is_some() {
            return None;
        }
        let cache = self.cache().ok()?;
        Some(cache.folder().to_owned())
    }

    fn cache(&self) -> Result<Cache> {
        match &self.cache {
            Some(folder) => Ok(Cache::at(folder.clone())),
            None => Cache::of_platform(),
        }
    }
}

fn parse_way(name: &str) -> std::result::Result<Way, String> {
    Way::ALL
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, way)| way)
        .ok_or_else(|| {
            format!(
                "expected one of {}",
                Way::ALL.map(|(name, _)| name).join(", ")
            )
        })
}

/// A flavour becomes a part of URLs and of file names.
fn parse_flavor(name: &str) -> std::result::Result<String, String> {
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    is_name
        .then(|| name.to_owned())
        .ok_or_else(|| "expected letters, digits, - and _".to_owned())
}

fn parse_mirror(url: &str) -> std::result::Result<String, String> {
    let is_url = ["https://", "http://"].iter().any(|scheme| {
        url.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    if !is_url {
        return Err("expected a URL that begins with https:// or http://".to_owned());
    }
    let authority = url.split('/').nth(2).unwrap_or_default();
    if authority.contains('@') {
        return Err("no user name or password: kernel-metadata.json records the URL".to_owned());
    }
    Ok(url.to_owned())
}

/// Why a run ends without files: what to say, and how to end.
enum Stop {
    Usage(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    match go(arguments) {
        Ok(exit) => exit,
        Err(Stop::Usage(text)) => {
            complain(&text);
            Exit::Usage
        }
        Err(Stop::Failed(error)) => {
            complain(&error.to_string());
            if let Some(hint) = error.hint() {
                complain(hint);
            }
            Exit::Unreadable
        }
    }
}

/// How the files begin that `fetch` writes.
const WRITTEN: [&str; 5] = ["vmlinuz-", "initramfs-", "config-", "modules-", FILE_NAME];

fn go(arguments: &Arguments) -> std::result::Result<Exit, Stop> {
    let inputs: Vec<&Path> = [
        &arguments.apk,
        &arguments.deb,
        &arguments.from,
        &arguments.rootfs,
    ]
    .into_iter()
    .flatten()
    .chain(&arguments.keys)
    .map(PathBuf::as_path)
    .collect();
    destination::check_folder(&arguments.output, &inputs, &WRITTEN).map_err(Stop::Usage)?;
    // One count of work for the whole job: indexes, packages and what is in them.
    let limits = limits(&arguments.limits).metered();
    let mut keys = Keys::built_in()?;
    for path in &arguments.keys {
        keys.add(path)?;
    }
    if let Some((path, expected)) = local(arguments) {
        let fetched = Local {
            flavor: arguments.flavor.as_deref(),
            architecture: arguments.arch,
            keys: &keys,
            allow_untrusted: arguments.allow_untrusted,
            limits: &limits,
        }
        .read(path, expected)?;
        let recorded = match (arguments.locked, arguments.arch) {
            (false, _) => None,
            (true, Some(architecture)) => Some(of_lock(arguments, architecture)?),
            (true, None) => {
                return Err(Stop::Usage(
                    "--locked needs --arch with a local source".to_owned(),
                ));
            }
        };
        return finish(arguments, fetched, recorded.as_ref(), 0, &limits);
    }
    let architecture = arguments
        .arch
        .or_else(|| Architecture::by_name(std::env::consts::ARCH))
        .ok_or_else(|| Stop::Usage("unknown architecture of this host; give --arch".to_owned()))?;
    let recorded = if arguments.check || arguments.locked {
        Some(of_lock(arguments, architecture)?)
    } else {
        None
    };
    let mut wish = wish(arguments, architecture, recorded.as_ref())?;
    // A folder that has an initramfs keeps one.
    let known = fetch::recorded(&arguments.output, architecture)?.unwrap_or_default();
    wish.needs_initramfs |= !wish.kernel_only && known.initrd_file.is_some();
    let cache = arguments.cache()?;
    let transfer = Transfer::new();
    let mut client =
        Client::new(cache, Duration::from_secs(arguments.timeout))?.watched(transfer.watch());
    client = client.with_deadline(Duration::from_secs(arguments.deadline));
    if arguments.offline {
        client = client.offline();
    }
    if arguments.locked {
        client = client.confined_to(&arguments.mirror);
    }
    let mirror = Mirror {
        client: &client,
        keys: &keys,
        limits: &limits,
    };
    if let Some(recorded) = recorded.as_ref().filter(|_| arguments.check) {
        let outcome = is_newer(arguments, &mirror, &wish, recorded);
        transfer.clear();
        return outcome.map_err(Stop::Failed);
    }
    let outcome = match &recorded {
        Some(recorded) => mirror.fetch_recorded(&wish, &lock(recorded)),
        None => mirror.fetch(&wish),
    };
    transfer.clear();
    if let Ok(Fetched { origin, .. }) = &outcome
        && recorded.is_none()
        && !arguments.allow_downgrade
    {
        let found = Found {
            alpine_version: origin.alpine_version.as_deref(),
            package: origin.package.as_deref(),
            version: origin.package_version.as_deref(),
            index_built_at: origin.index_built_at,
        };
        fetch::expect_no_older(&known, &found)?;
    }
    let received = client.received_bytes();
    finish(arguments, outcome?, recorded.as_ref(), received, &limits)
}

fn local(arguments: &Arguments) -> Option<(&Path, Expected)> {
    let of = |path: &'_ Option<PathBuf>| path.is_some();
    if of(&arguments.apk) {
        arguments.apk.as_deref().map(|path| (path, Expected::Apk))
    } else if of(&arguments.deb) {
        arguments.deb.as_deref().map(|path| (path, Expected::Deb))
    } else {
        arguments
            .from
            .as_deref()
            .map(|path| (path, Expected::Anything))
    }
}

/// What kernel-metadata.json records for that machine.
fn of_lock(arguments: &Arguments, architecture: Architecture) -> Result<Metadata> {
    fetch::recorded(&arguments.output, architecture)?.ok_or_else(|| {
        Error::absent(
            "record of the kernel",
            format!(
                "{} does not list vmlinuz-{architecture}",
                arguments.output.join(FILE_NAME).display()
            ),
        )
    })
}

fn lock(recorded: &Metadata) -> Recorded<'_> {
    Recorded {
        way: recorded.source.as_deref().unwrap_or_default(),
        package: recorded.package.as_deref().unwrap_or_default(),
        version: recorded.package_version.as_deref().unwrap_or_default(),
        sources: &recorded.sources,
    }
}

fn wish(
    arguments: &Arguments,
    architecture: Architecture,
    recorded: Option<&Metadata>,
) -> std::result::Result<Wish, Stop> {
    let of_record = |value: fn(&Metadata) -> Option<&String>| recorded.and_then(value).cloned();
    let release = arguments
        .alpine
        .clone()
        .or_else(|| of_record(|metadata| metadata.alpine_version.as_ref()));
    let flavor = arguments
        .flavor
        .clone()
        .or_else(|| of_record(|metadata| metadata.flavor.as_ref()));
    let way = recorded
        .and_then(|metadata| metadata.source.as_deref())
        .and_then(|name| parse_way(name).ok());
    Ok(Wish {
        mirror: arguments.mirror.clone(),
        release: release.ok_or_else(|| {
            Stop::Usage(
                "name a release with --alpine, or a file with --apk, --deb or --from".to_owned(),
            )
        })?,
        architecture,
        flavor: flavor.unwrap_or_else(|| "virt".to_owned()),
        way: arguments.via.or(way),
        kernel_only: arguments.kernel_only
            || recorded.is_some_and(|metadata| metadata.initrd_file.is_none()),
        needs_initramfs: arguments.with_initramfs,
        allow_downgrade: arguments.allow_downgrade,
        allow_untrusted: arguments.allow_untrusted,
    })
}

/// Compares what the mirror has with what is recorded.
fn is_newer(
    arguments: &Arguments,
    mirror: &Mirror<'_>,
    wish: &Wish,
    recorded: &Metadata,
) -> Result<Exit> {
    let newest = mirror.newest(wish)?;
    let version = recorded.package_version.as_deref().unwrap_or_default();
    if !arguments.allow_downgrade {
        let found = Found {
            alpine_version: Some(wish.release.trim_start_matches('v')),
            package: newest.package.as_deref(),
            version: Some(&newest.version),
            index_built_at: newest.index_built_at,
        };
        fetch::expect_no_older(recorded, &found)?;
    }
    let index = match newest.index_built_at {
        Some(built_at) => Some(IndexAge {
            built_at: fetch::timestamp(built_at),
            seconds: fetch::now()?.saturating_sub(built_at),
        }),
        None => None,
    };
    let is_newer = match (Version::parse(&newest.version), Version::parse(version)) {
        (Some(there), Some(here)) if there != here => there > here,
        _ => {
            newest.version != version
                || newest.sources.iter().any(|source| {
                    !recorded
                        .sources
                        .iter()
                        .any(|known| known.sha256 == source.sha256)
                })
        }
    };
    let (outcome, exit) = if is_newer {
        (FetchOutcome::Newer, Exit::Findings)
    } else {
        (FetchOutcome::Current, Exit::Clean)
    };
    let summary = FetchSummary {
        outcome,
        folder: arguments.output.display().to_string(),
        kernel: recorded.clone(),
        files: Vec::new(),
        newest: Some(newest.version).filter(|version| !version.is_empty()),
        index,
        received_bytes: mirror.client.received_bytes(),
    };
    let report = Report::empty(arguments.target.unwrap_or(vmm::TARGETS[0]).name);
    let text = if arguments.format == "json" {
        report::fetch_json(&summary, &report)?
    } else {
        report::fetch_text(&summary)
    };
    Ok(print(&text, exit))
}

/// Converts, writes and checks what was fetched.
fn finish(
    arguments: &Arguments,
    fetched: Fetched,
    recorded: Option<&Metadata>,
    received_bytes: u64,
    limits: &Limits,
) -> std::result::Result<Exit, Stop> {
    let target = arguments.target.unwrap_or(vmm::TARGETS[0]);
    let form = (!arguments.as_is).then_some(target);
    let prepared = fetch::prepare(fetched, arguments.arch, form, limits)?;
    if let Some(recorded) = recorded {
        prepared.expect(recorded)?;
    }
    let Installed {
        metadata,
        files,
        is_changed,
    } = match recorded {
        Some(_) => prepared.restore(&arguments.output)?,
        None => prepared.install(&arguments.output)?,
    };
    let report = checked(arguments, &metadata, target, limits)?;
    let has_initramfs = metadata.initrd_file.is_some();
    let summary = FetchSummary {
        outcome: if is_changed {
            FetchOutcome::Written
        } else {
            FetchOutcome::Unchanged
        },
        folder: arguments.output.display().to_string(),
        kernel: metadata,
        files,
        newest: None,
        index: None,
        received_bytes,
    };
    let text = if arguments.format == "json" {
        report::fetch_json(&summary, &report)?
    } else {
        let style = Style {
            colour: takes_colour(),
            quick: false,
            verbose: false,
        };
        let ladder = (report::FORMATS[0].write)(&report, style)?;
        report::fetch_text(&summary)
            .with(Printable::lines("\n"))
            .with(ladder)
    };
    if !has_initramfs && !arguments.kernel_only {
        complain(
            "the source has no initramfs, so only the kernel was written; --with-initramfs \
             fetches both",
        );
    }
    let exit = if report.has(Severity::Fatal) {
        Exit::Findings
    } else {
        Exit::Clean
    };
    Ok(print(&text, exit))
}

/// What `check` says of the files that were written.
fn checked(
    arguments: &Arguments,
    metadata: &Metadata,
    target: &'static Target,
    limits: &Limits,
) -> Result<Report> {
    let kernel_path = arguments
        .output
        .join(metadata.kernel_file.as_deref().unwrap_or_default());
    let mut parts = vec![(Role::Kernel, kernel_path.display().to_string())];
    let kernel = Kernel::new(Source::open(&kernel_path)?, limits.clone());
    let surroundings = Surroundings {
        path: kernel_path,
        ..Surroundings::default()
    };
    let mut bundle = Bundle::new(kernel, surroundings, limits.clone(), target, arguments.arch)
        .with_assumed_command_line();
    match &metadata.initrd_file {
        Some(name) => {
            let path = arguments.output.join(name);
            bundle = bundle.with_initramfs(Some(Initramfs::open(&path, limits)?));
            bundle.initramfs_name.clone_from(name);
            parts.push((Role::Initramfs, path.display().to_string()));
        }
        None => bundle = bundle.with_initramfs(None),
    }
    if let Some(path) = &arguments.rootfs {
        bundle = bundle.with_root(Some(RootFs::open(path, limits)?));
        parts.push((Role::Rootfs, path.display().to_string()));
    }
    Ok(check::together(
        "",
        &parts,
        &bundle,
        &Selection::default(),
        false,
    ))
}
