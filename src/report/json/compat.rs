//! Whether a kernel and a root go together.

use super::super::values;
use crate::compat::{Answer, Compatibility};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Whether a kernel and a root work together.
#[derive(Serialize, JsonSchema)]
pub(super) struct CompatJson {
    /// Over all points.
    #[schemars(extend("enum" = answers()))]
    compatible: &'static str,
    /// The kernel's release.
    kernel_release: Option<String>,
    /// The root's release of Alpine, if it is Alpine.
    alpine_release: Option<String>,
    /// The releases that the root has modules for.
    module_releases: Vec<String>,
    points: Vec<PointJson>,
}

/// One question with its answer.
#[derive(Serialize, JsonSchema)]
struct PointJson {
    question: &'static str,
    /// The cause that decides.
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: String,
    #[schemars(extend("enum" = answers()))]
    answer: &'static str,
    why: String,
}

fn answers() -> Value {
    Answer::ALL.map(Answer::name).to_vec().into()
}

impl CompatJson {
    pub(super) fn of(compatibility: &Compatibility) -> Self {
        Self {
            compatible: compatibility.answer().name(),
            kernel_release: compatibility.kernel.clone(),
            alpine_release: compatibility.alpine.clone(),
            module_releases: compatibility.releases.clone(),
            points: compatibility
                .points
                .iter()
                .map(|point| PointJson {
                    question: point.question,
                    code: point.code.to_string(),
                    answer: point.answer.name(),
                    why: point.why.clone(),
                })
                .collect(),
        }
    }
}
