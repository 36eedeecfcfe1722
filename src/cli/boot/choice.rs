//! Which backend starts it, how it runs here, and for which target that is judged.

use super::{Arguments, Choice, Stop};
use kelpie_check::architecture::Architecture;
use kelpie_check::boot::{self, Accelerator, Backend, Fit, Unfit};
use kelpie_check::vmm::Target;

/// The backend, how it runs here, and why this one.
pub(super) struct Chosen {
    pub backend: &'static Backend,
    pub fit: Fit,
    pub notes: Vec<String>,
}

/// The backend that was asked for, or the first that fits.
pub(super) fn choose(arguments: &Arguments, architecture: Architecture) -> Result<Chosen, Stop> {
    let asked = arguments.accelerator;
    let mut chosen = match arguments.backend {
        Choice::Named(backend) => named(backend, architecture, asked)?,
        Choice::Auto => match backend_of_target(arguments).or_else(|| translating(asked)) {
            Some(backend) => named(backend, architecture, asked)?,
            None => {
                let (backend, fit, notes) = boot::choose(architecture).map_err(|unfits| {
                    let reasons: Vec<String> = unfits.iter().map(reason).collect();
                    Stop::Trouble(format!(
                        "no backend on this host can start the machine: {}",
                        reasons.join(" ")
                    ))
                })?;
                let mut chosen = Chosen {
                    backend,
                    fit,
                    notes,
                };
                chosen.notes.extend(chosen.fit.note.clone());
                chosen.notes.dedup();
                chosen
            }
        },
    };
    if let Some(accelerator) = asked.filter(|asked| *asked != chosen.fit.accelerator) {
        let title = chosen.backend.title;
        return Err(Stop::Usage(format!(
            "{title} does not run guests with {}",
            accelerator.name()
        )));
    }
    chosen.notes.extend(arguments.instead.clone());
    Ok(chosen)
}

/// The backend that translates, where that is asked for.
fn translating(asked: Option<Accelerator>) -> Option<&'static Backend> {
    asked
        .filter(|asked| *asked == Accelerator::Tcg)
        .and_then(|_| boot::by_name("qemu"))
}

fn named(
    backend: &'static Backend,
    architecture: Architecture,
    asked: Option<Accelerator>,
) -> Result<Chosen, Stop> {
    match (backend.fits)(architecture, asked) {
        Ok(fit) => Ok(Chosen {
            backend,
            notes: fit.note.iter().cloned().collect(),
            fit,
        }),
        Err(unfit) => Err(Stop::Trouble(format!(
            "{} cannot start the machine: {} (KC909)",
            backend.title,
            reason(&unfit)
        ))),
    }
}

fn reason(unfit: &Unfit) -> String {
    format!("{}. {}", unfit.why, unfit.fix)
        .trim_end()
        .to_owned()
}

/// The backend that starts machines of the target that was named, if one does.
fn backend_of_target(arguments: &Arguments) -> Option<&'static Backend> {
    if !arguments.judging.is_target_given() {
        return None;
    }
    let target = arguments.judging.target();
    boot::BACKENDS
        .into_iter()
        .find(|backend| is_of(backend, target))
}

/// `qemu-microvm` is a machine of `qemu`.
fn is_of(backend: &Backend, target: &Target) -> bool {
    let rest = target.name.strip_prefix(backend.target.name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// What is predicted for: the target that was named where the backend is of its kind.
pub(super) fn target(
    arguments: &Arguments,
    backend: &'static Backend,
) -> Result<&'static Target, Stop> {
    if !arguments.judging.is_target_given() {
        return Ok(backend.target);
    }
    let target = arguments.judging.target();
    if is_of(backend, target) {
        return Ok(target);
    }
    Err(Stop::Usage(format!(
        "{} does not start machines of the target {}",
        backend.title, target.title
    )))
}
