//! A kernel in the form that a target takes.
//!
//! What a target takes is said in [`crate::vmm`]; what it comes in is said by its headers.

use crate::architecture::Architecture;
use crate::bundle::{Bundle, Surroundings};
use crate::convert::{self, Form};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::limits::Limits;
use crate::source::Source;
use crate::vmm::Target;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// A kernel as it is written.
#[derive(Debug)]
pub struct Shaped {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it runs on.
    pub architecture: Architecture,
    /// Its release.
    pub release: String,
    /// Its outermost container.
    pub container: &'static str,
    /// The codec of its payload.
    pub codec: Option<&'static str>,
    /// The target that it was converted for; `None` where it is as it came.
    pub converted_for: Option<&'static str>,
}

/// The kernel for that target; as it came where there is none, or where the target takes it so.
pub fn shape(bytes: Vec<u8>, target: Option<&'static Target>, limits: &Limits) -> Result<Shaped> {
    let kernel = |bytes: Vec<u8>| Kernel::new(Source::from_bytes(bytes), limits.clone());
    let Some(target) = target else {
        return shaped(&kernel(bytes.clone()), bytes, None);
    };
    let bundle = |bytes: Vec<u8>| {
        let surroundings = Surroundings::default();
        Bundle::new(kernel(bytes), surroundings, limits.clone(), target, None)
    };
    let as_it_came = bundle(bytes.clone());
    if as_it_came.accepted_form()?.is_some() {
        return shaped(as_it_came.kernel()?, bytes, None);
    }
    let platform = as_it_came.platform()?;
    let form = Form::ALL
        .into_iter()
        .find(|(name, _)| *name == platform.extract_to)
        .map(|(_, form)| form)
        .ok_or_else(|| Error::unsupported("form of the kernel", platform.extract_to))?;
    let converted = convert::extract(as_it_came.kernel()?, form, limits)?.into_owned();
    let made = bundle(converted.clone());
    if made.accepted_form()?.is_some() {
        return shaped(made.kernel()?, converted, Some(target.name));
    }
    let wrapped = gzip(&converted)?;
    let made = bundle(wrapped.clone());
    if made.accepted_form()?.is_some() {
        return shaped(made.kernel()?, wrapped, Some(target.name));
    }
    Err(Error::unsupported(
        "kernel",
        format!(
            "it cannot be converted to a form that {} takes",
            target.title
        ),
    )
    .hinted("Keep it as it is with --as-is."))
}

fn shaped(kernel: &Kernel, bytes: Vec<u8>, converted_for: Option<&'static str>) -> Result<Shaped> {
    let payload = kernel.header()?.payload.as_ref();
    Ok(Shaped {
        architecture: kernel.architecture()?,
        release: kernel.release()?,
        container: kernel.container()?.name,
        codec: payload
            .and_then(|payload| payload.codec())
            .map(|codec| codec.name),
        converted_for,
        bytes,
    })
}

/// Without a name and a time, so that the same kernel gives the same bytes.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let failed = |error| Error::io("kernel while it was compressed", &error);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).map_err(failed)?;
    encoder.finish().map_err(failed)
}
