//! Where a server may send the client.
//!
//! Sources: RFC 9110 section 10.2.2 (`Location`), RFC 3986 section 5.2 (relative references), RFC 1918
//! and RFC 6890 (addresses that are not of the public network).

use crate::error::{Error, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Scheme and authority of a URL, in lower case: `https://mirror.example:8443`.
pub(super) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    (!authority.is_empty()).then(|| format!("{scheme}://{authority}").to_ascii_lowercase())
}

/// Returns the URL that `location` means in an answer from `from`.
///
/// It leads from https neither to http nor to another scheme, carries no credentials, and does not
/// make a server of the public network a way into the user's own. A name that resolves to such an
/// address is not seen here.
pub(super) fn target(from: &str, location: &str) -> Result<String> {
    let refused = |why: &str| {
        Err(Error::unsupported(
            from.to_owned(),
            format!("a redirect to {location:?}, {why}"),
        ))
    };
    let is_text = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if location.is_empty() || !location.bytes().all(is_text) {
        return refused("which is not a URL");
    }
    let Some(to) = resolved(from, location) else {
        return refused("which is not a URL");
    };
    let Some(origin_to) = origin(&to) else {
        return refused("which has no host name");
    };
    let is_secure = |url: &str| url.starts_with("https://");
    if !is_secure(&to) && !to.starts_with("http://") {
        return refused("which is neither https nor http");
    }
    if is_secure(from) && !is_secure(&to) {
        return refused("which leads from https to plain http");
    }
    if origin_to.contains('@') {
        return refused("which carries credentials");
    }
    let is_inner = |url: &str| origin(url).is_none_or(|origin| is_local(host(&origin)));
    if is_inner(&to) && !is_inner(from) {
        return refused("which is an address of this host or of its own network");
    }
    Ok(to)
}

fn resolved(from: &str, location: &str) -> Option<String> {
    let location = location.split('#').next().unwrap_or(location);
    if let Some((scheme, _)) = location.split_once("://")
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        let (_, rest) = location.split_at(scheme.len());
        return Some(scheme.to_ascii_lowercase() + rest);
    }
    let (scheme, rest) = from.split_once("://")?;
    if let Some(rest) = location.strip_prefix("//") {
        return Some(format!("{scheme}://{rest}"));
    }
    let first = location.split(['/', '?']).next().unwrap_or(location);
    if first.contains(':') {
        return None;
    }
    let from_path = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = from_path.split_once('/').unwrap_or((from_path, ""));
    let (reference, query) = match location.split_once('?') {
        Some((reference, query)) => (reference, format!("?{query}")),
        None => (location, String::new()),
    };
    let joined = match (reference.strip_prefix('/'), path.rsplit_once('/')) {
        (Some(absolute), _) => absolute.to_owned(),
        (None, _) if reference.is_empty() => path.to_owned(),
        (None, Some((folder, _))) => format!("{folder}/{reference}"),
        (None, None) => reference.to_owned(),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    Some(format!("{scheme}://{authority}/{}{query}", parts.join("/")))
}

/// The host of an origin, without its port.
fn host(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// Returns true for a host that is not of the public network.
fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(address) => is_local_v4(address),
            IpAddr::V6(address) => is_local_v6(address),
        };
    }
    // The resolver takes 127.1, 2130706433 and 0x7f000001 for addresses.
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.to_ascii_lowercase().starts_with("0x");
    is_number || host == "localhost" || host.ends_with(".localhost")
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || first == 0
        || (first == 100 && (64..128).contains(&second))
}

fn is_local_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.to_ipv4().is_some_and(is_local_v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "https://mirror.example/alpine/v3.22/main/x";

    #[test]
    fn references_are_resolved_as_rfc_3986_does() {
        for (location, to) in [
            ("https://cdn.example/y", "https://cdn.example/y"),
            ("HTTPS://cdn.example/y#z", "https://cdn.example/y"),
            ("//cdn.example/y", "https://cdn.example/y"),
            ("/y?a=../b", "https://mirror.example/y?a=../b"),
            ("y", "https://mirror.example/alpine/v3.22/main/y"),
            ("../y", "https://mirror.example/alpine/v3.22/y"),
            ("../../../../../y", "https://mirror.example/y"),
            ("?y", "https://mirror.example/alpine/v3.22/main/x?y"),
        ] {
            assert_eq!(target(FROM, location).unwrap(), to, "{location}");
        }
        assert_eq!(
            target("http://mirror.example", "y").unwrap(),
            "http://mirror.example/y"
        );
    }

    #[test]
    fn redirects_that_lead_astray_are_refused() {
        for location in [
            "",
            "http://mirror.example/y",
            "file:///etc/passwd",
            "javascript:x",
            "ftp://mirror.example/y",
            "https://me:secret@mirror.example/y",
            "https:///y",
            "https://\\evil.example/y",
            "/y\r\nX: y",
            "https://127.0.0.1/y",
            "https://127.1/y",
            "https://2130706433/y",
            "https://0x7f000001/y",
            "https://0/y",
            "https://10.1.2.3:80/y",
            "https://192.168.0.1/y",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/y",
            "https://[::1]/y",
            "https://[::ffff:127.0.0.1]/y",
            "https://[fe80::1]/y",
            "https://[fd00::1]/y",
            "https://localhost/y",
            "https://LOCALHOST./y",
            "https://a.localhost/y",
        ] {
            assert!(target(FROM, location).is_err(), "{location:?}");
        }
        // A mirror inside may send the client to another one inside.
        assert!(target("https://10.0.0.1/x", "https://10.0.0.2/y").is_ok());
        assert!(target(FROM, "https://8.8.8.8/y").is_ok());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(
            origin("https://Mirror.example:8443/alpine").as_deref(),
            Some("https://mirror.example:8443")
        );
        assert_ne!(
            origin("https://a.example.evil/x"),
            origin("https://a.example/x")
        );
        assert_ne!(
            origin("https://a.example@evil/x"),
            origin("https://a.example/x")
        );
        assert_eq!(origin("/alpine"), None);
    }
}
