//! Container images: an OCI layout, and what `docker save` writes.

use super::apk::sha256;
use super::tar::{self, Entry};
use serde_json::json;

/// The files of an OCI layout with these layers, as they are stored; one manifest an architecture.
pub fn layout(layers: &[Vec<u8>], architectures: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(
        "oci-layout".to_owned(),
        br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
    )];
    let mut blob = |bytes: Vec<u8>| {
        let digest = sha256(&bytes);
        let descriptor = json!({"digest": format!("sha256:{digest}"), "size": bytes.len()});
        files.push((format!("blobs/sha256/{digest}"), bytes));
        descriptor
    };
    let layers: Vec<_> = layers.iter().map(|layer| blob(layer.clone())).collect();
    let manifests: Vec<_> = architectures
        .iter()
        .map(|architecture| {
            // Each manifest is a file of its own.
            let manifest =
                json!({"schemaVersion": 2, "layers": layers, "annotations": {"for": architecture}});
            let mut descriptor = blob(manifest.to_string().into_bytes());
            descriptor["platform"] = json!({"architecture": architecture, "os": "linux"});
            descriptor
        })
        .collect();
    let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
    files.push(("index.json".to_owned(), index.into_bytes()));
    files
}

/// What `docker save` writes of an image with these plain layers.
pub fn saved(layers: &[Vec<u8>]) -> Vec<Entry> {
    let diff_ids: Vec<_> = layers
        .iter()
        .map(|layer| format!("sha256:{}", sha256(layer)))
        .collect();
    let names: Vec<_> = (0..layers.len())
        .map(|number| format!("{number}/layer.tar"))
        .collect();
    let config =
        json!({"architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": diff_ids}});
    let manifest = json!([{"Config": "config.json", "RepoTags": ["a:b"], "Layers": names}]);
    let mut entries: Vec<Entry> = names
        .iter()
        .zip(layers)
        .map(|(name, layer)| tar::file(name, layer.clone()))
        .collect();
    entries.push(tar::file("config.json", config.to_string()));
    entries.push(tar::file("manifest.json", manifest.to_string()));
    entries
}
