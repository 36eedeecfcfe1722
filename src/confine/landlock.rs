//! Landlock: nothing is written, created, removed or run, except where [`Needs`] says so.
//!
//! Source: Linux `Documentation/userspace-api/landlock.rst`, ABI 1 (5.13) to 7 (6.15).

use super::{Needs, Sockets};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::path::Path;

/// The newest interface whose restrictions are asked for. An older kernel gets those that it has.
const NEWEST: ABI = ABI::V6;

/// The interfaces with a restriction of their own, the newest first.
const WITH_RESTRICTIONS: [(u8, ABI); 6] = [
    (6, ABI::V6),
    (5, ABI::V5),
    (4, ABI::V4),
    (3, ABI::V3),
    (2, ABI::V2),
    (1, ABI::V1),
];

/// Returns the newest interface of the running kernel, 6 at the most.
pub(super) fn abi() -> Option<u8> {
    WITH_RESTRICTIONS
        .into_iter()
        .find(|(_, abi)| is_supported(*abi))
        .map(|(number, _)| number)
}

/// Creates a set of rules that no older kernel takes, without applying it.
fn is_supported(abi: ABI) -> bool {
    let rules = || -> Result<(), RulesetError> {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(abi))?;
        let (ports, scopes) = (AccessNet::from_all(abi), Scope::from_all(abi));
        if !ports.is_empty() {
            rules = rules.handle_access(ports)?;
        }
        if !scopes.is_empty() {
            rules = rules.scope(scopes)?;
        }
        rules.create().map(drop)
    };
    rules().is_ok()
}

/// Restricts the calling thread. Returns the interface, `None` where the kernel enforces nothing.
pub(super) fn restrict(needs: &Needs) -> Result<Option<u8>, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_write(NEWEST) | AccessFs::Execute)?
        .scope(Scope::from_all(NEWEST))?;
    rules = match needs.sockets {
        // A server is asked; nothing listens.
        Sockets::Network => rules.handle_access(AccessNet::BindTcp)?,
        Sockets::None | Sockets::Unix => rules.handle_access(AccessNet::from_all(NEWEST))?,
    };
    let mut rules = rules.create()?;
    for path in &needs.writes {
        // The path is opened when it is written, which reports why that fails.
        if let Ok(opened) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(opened, rights(path)))?;
        }
    }
    let status = rules.restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::NotEnforced => None,
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => abi(),
    })
}

/// What is done in a folder that is written to, or to a file.
fn rights(path: &Path) -> BitFlags<AccessFs> {
    let file = AccessFs::WriteFile | AccessFs::Truncate;
    if path.is_dir() {
        // To rename a pipe, a link or a socket out of the way counts as making one.
        file | AccessFs::MakeReg
            | AccessFs::MakeDir
            | AccessFs::MakeFifo
            | AccessFs::MakeSym
            | AccessFs::MakeSock
            | AccessFs::RemoveFile
            | AccessFs::Refer
    } else {
        file
    }
}
