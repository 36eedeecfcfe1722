//! Landlock: the files of [`Needs`] and no others, no TCP, no signals and no abstract sockets outside.
//!
//! Source: Linux `Documentation/userspace-api/landlock.rst`, ABI 1 (5.13) to 6 (6.12).

use super::{LANDLOCK, Layer, Needs};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope,
};
use std::path::Path;

/// The newest interface whose restrictions are asked for. An older kernel gets those that it has.
const NEWEST: ABI = ABI::V6;

/// Restricts the calling thread.
pub(super) fn restrict(needs: &Needs) -> Layer {
    match apply(needs) {
        Ok(status) => layer(&status),
        Err(error) => Layer::off(LANDLOCK, error.to_string()),
    }
}

fn layer(status: &RestrictionStatus) -> Layer {
    let abi = match status.landlock {
        LandlockStatus::NotEnabled => return Layer::off(LANDLOCK, "the kernel has it disabled"),
        LandlockStatus::NotImplemented => return Layer::off(LANDLOCK, "the kernel lacks it"),
        LandlockStatus::Available { effective_abi, .. } => format!("ABI {effective_abi:?}"),
    };
    let abi = abi.replace('V', "");
    match status.ruleset {
        RulesetStatus::FullyEnforced => Layer::on(LANDLOCK, abi),
        RulesetStatus::PartiallyEnforced => {
            Layer::on(LANDLOCK, format!("{abi}, which lacks later restrictions"))
        }
        RulesetStatus::NotEnforced => Layer::off(LANDLOCK, "the kernel enforces nothing"),
    }
}

fn apply(needs: &Needs) -> Result<RestrictionStatus, RulesetError> {
    let all = AccessFs::from_all(NEWEST);
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    let mut rules = Ruleset::default()
        .handle_access(all)?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let mut allowed: Vec<(&Path, BitFlags<AccessFs>)> = Vec::new();
    let files = needs.files.iter().chain(&needs.folder);
    allowed.extend(files.map(|path| (path.as_path(), read | AccessFs::IoctlDev)));
    let program = needs.program.iter();
    allowed.extend(program.map(|path| (path.as_path(), read | AccessFs::Execute)));
    let in_scratch = all & !(AccessFs::Execute | AccessFs::MakeBlock);
    allowed.push((&needs.scratch, in_scratch & !AccessFs::MakeChar));
    allowed.extend(super::root::devices(needs).map(|path| (path, device)));
    for (path, access) in allowed {
        // A path that is gone needs no rule.
        if let Ok(opened) = PathFd::new(path) {
            let access = if path.is_dir() {
                access
            } else {
                access & AccessFs::from_file(NEWEST)
            };
            rules = rules.add_rule(PathBeneath::new(opened, access))?;
        }
    }
    rules.restrict_self()
}
