//! KC505: the file system has a feature for which this kernel was not built.

use super::super::{Cause, Check, Says, Tell};
use super::{Mount, MountedBy, is_read_write, version};
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;

/// The cause.
pub static EXT4_FEATURE_CONFIG: Cause = Cause {
    code: Code(505),
    name: "ext4-feature-config",
    stage: Stage::RootMount,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "A feature of the file system needs an option that the kernel was built without.",
    explanation: "Some features of ext4 need a separate option. casefold needs CONFIG_UNICODE; \
        without it, the file system does not mount. quota and project need CONFIG_QUOTA and \
        CONFIG_QFMT_V2; without them, the read-write mount fails, the kernel tries again \
        read-only, and the system starts on a root that it cannot write to.",
    fix: "Build the option in, or make the file system without the feature.",
    tells: &[
        Tell {
            text: "Encoding requested by superblock is unknown",
            by: "Linux fs/ext4/super.c, since 5.2",
            says: Says::It,
        },
        Tell {
            text: "Filesystem with casefold feature cannot be mounted without CONFIG_UNICODE",
            by: "Linux fs/ext4/super.c, since 5.2",
            says: Says::It,
        },
        Tell {
            text: "can't mount with superblock charset: ‹utf8-12.1.0› not supported by the kernel",
            by: "Linux fs/ext4/super.c, if CONFIG_UNICODE=m is not loaded",
            says: Says::It,
        },
        Tell {
            text: "The kernel was not built with CONFIG_QUOTA and CONFIG_QFMT_V2",
            by: "Linux fs/ext4/super.c, ext4_feature_set_ok, 6.1",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_feature_set_ok and ext4_load_super",
        "raspberrypi/linux issue 6808 (casefold)",
        "nohajc/anylinuxfs issue 35 (quota)",
    ],
    check: Check::Boot,
};

/// Since when ext4 knows casefold; an older kernel is KC503's.
const CASEFOLD: (u16, u16) = (5, 2);
/// The module of CONFIG_UNICODE=m.
const UNICODE_MODULE: &str = "utf8data";

/// Returns the findings about features for which the kernel was built without an option.
pub(crate) fn of(mount: &Mount<'_>, ext4: &Ext4) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    findings.extend(casefold(mount, ext4)?);
    findings.extend(quota(mount, ext4)?);
    Ok(findings)
}

fn casefold(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    if !ext4.superblock().has("casefold") || version(mount)? < CASEFOLD {
        return Ok(None);
    }
    let line = match mount.driver("UNICODE")? {
        Driver::BuiltIn => return encoding(mount, ext4),
        Driver::Absent => {
            "Filesystem with casefold feature cannot be mounted without CONFIG_UNICODE"
        }
        Driver::Module => {
            if mount.by.clone()? == MountedBy::Initramfs {
                let modules = mount.archive_modules()?;
                if modules.is_some_and(|modules| modules.get(UNICODE_MODULE).is_some()) {
                    return Ok(None);
                }
            }
            "can't mount with superblock charset"
        }
        Driver::NotBuiltIn => {
            return Err(Error::unsupported(
                "UNICODE",
                "it is a module, or does not exist",
            ));
        }
        Driver::Unknown(why) => return Err(Error::unsupported("UNICODE", why.to_owned())),
    };
    Ok(Some(EXT4_FEATURE_CONFIG.finding(
        "The file system has casefold, but the kernel does not have CONFIG_UNICODE built in.",
        mount.refused(line)?,
        "Build with CONFIG_UNICODE=y, or make the file system with `mke2fs -O ^casefold`.",
    )))
}

/// `EXT4_ENC_UTF8_12_1`, the one encoding that ext4 knows.
const UTF8_12_1: u16 = 1;

fn encoding(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let encoding = ext4.superblock().s_encoding;
    if encoding == UTF8_12_1 {
        return Ok(None);
    }
    Ok(Some(EXT4_FEATURE_CONFIG.finding(
        format!(
            "The file system has casefold with encoding {encoding}; ext4 supports only 1 (UTF-8 \
                12.1)."
        ),
        mount.refused("Encoding requested by superblock is unknown")?,
        "Make the file system again with `mke2fs -E encoding=utf8`.",
    )))
}

fn quota(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let names: Vec<&str> = ["quota", "project"]
        .into_iter()
        .filter(|name| ext4.superblock().has(name))
        .collect();
    if names.is_empty() || !is_read_write(bundle)? {
        return Ok(None);
    }
    let mut missing = Vec::new();
    for option in ["QUOTA", "QFMT_V2"] {
        match bundle.driver(option)? {
            // A module counts: it is asked whether the kernel was built for it.
            Driver::BuiltIn | Driver::Module => {}
            Driver::Absent => missing.push(format!("CONFIG_{option}")),
            Driver::NotBuiltIn => {
                return Err(Error::unsupported(
                    option,
                    "it is a module, or does not exist",
                ));
            }
            Driver::Unknown(why) => return Err(Error::unsupported(option, why.to_owned())),
        }
    }
    if missing.is_empty() {
        return Ok(None);
    }
    let missing = missing.join(" and ");
    Ok(Some(
        EXT4_FEATURE_CONFIG
            .finding(
                format!(
                    "The file system has {}, but the kernel was built without {missing}.",
                    names.join(" and ")
                ),
                "The root becomes read-only: \"The kernel was not built with CONFIG_QUOTA and \
                 CONFIG_QFMT_V2\".",
                format!(
                    "Build with CONFIG_QUOTA=y and CONFIG_QFMT_V2=y, or make the file system \
                     with `mke2fs -O ^{}`.",
                    names.join(",^")
                ),
            )
            .with_severity(Severity::Warn),
    ))
}
