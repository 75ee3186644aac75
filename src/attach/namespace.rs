//! A network namespace with one TAP device, made by iproute2 and removed again.

use std::fmt::Write;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Pid;
use rustix::thread::{CapabilitySet, capabilities};

use super::error::AttachError;
use super::wire::{self, Wire};
use crate::event::HostInfo;

/// Where `ip netns` keeps its namespaces.
const NAMESPACES: &str = "/run/netns";

/// What `ip netns exec NAME` shows to programs in the place of the files of `/etc`, below a directory `NAME`.
const FILES: &str = "/etc/netns";

/// What the TAP device is called inside.
const DEVICE: &str = "wirelab0";

/// A name that programs in a namespace can look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
}

/// A network namespace whose only way out is a TAP device. When it is dropped it is removed; programs that still run
/// in it keep it without its device.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    wire: Option<Wire>,
    /// Files and directories that were made for it, in this order.
    made: Vec<PathBuf>,
}

/// Whether this process may make namespaces and devices.
///
/// # Errors
/// [`AttachError::NotPermitted`] with the capabilities that it lacks, [`AttachError::NoTun`] if there are no devices.
pub fn permitted() -> Result<(), AttachError> {
    let own = capabilities(None).map_err(|error| AttachError::io("capget")(error.into()))?;
    let needed = [
        (CapabilitySet::NET_ADMIN, "CAP_NET_ADMIN"),
        (CapabilitySet::SYS_ADMIN, "CAP_SYS_ADMIN"),
    ];
    let missing: Vec<_> = needed
        .into_iter()
        .filter(|(one, _)| !own.effective.contains(*one))
        .map(|(_, name)| name)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(" and ");
        return Err(AttachError::NotPermitted { missing });
    }
    let tun = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun");
    tun.map(drop).map_err(AttachError::NoTun)
}

impl Namespace {
    /// Makes the namespace `name` for a host, with its addresses, a default route to its gateway, and these names in
    /// its `/etc/hosts`; with a `resolver`, names are asked for there instead.
    ///
    /// # Errors
    /// [`AttachError`] if there is one of that name, or it cannot be made; nothing is left then.
    pub fn make(
        name: &str,
        host: &HostInfo,
        names: &[Name],
        resolver: Option<Ipv4Addr>,
    ) -> Result<Self, AttachError> {
        let link = Path::new(NAMESPACES).join(name);
        if link.exists() {
            return Err(AttachError::Exists {
                path: link.display().to_string(),
                remedy: format!("ip netns del {name}"),
            });
        }
        let files = Path::new(FILES).join(name);
        if files.exists() {
            return Err(AttachError::Exists {
                path: files.display().to_string(),
                remedy: format!("rm -r {}", files.display()),
            });
        }
        ip(&["netns", "add", name])?;
        let mut namespace = Self {
            name: name.to_owned(),
            wire: None,
            made: Vec::new(),
        };
        namespace.furnish(&files, host, names, resolver)?;
        namespace.plug(&link, host)?;
        Ok(namespace)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The device.
    ///
    /// # Panics
    /// Never: a namespace that was made has one.
    pub(super) fn wire(&self) -> &Wire {
        self.wire.as_ref().expect("it was plugged when it was made")
    }

    /// A command that runs `program` inside.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// The processes that run inside, as far as they can be told.
    pub fn processes(&self) -> Vec<Pid> {
        let output = Command::new("ip")
            .args(["netns", "pids", &self.name])
            .stdin(Stdio::null())
            .output();
        let listed = output.map(|output| output.stdout).unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        let numbers = listed.split_whitespace().filter_map(|pid| pid.parse().ok());
        numbers.filter_map(Pid::from_raw).collect()
    }

    /// Writes the files that programs inside see in the place of those of `/etc`.
    fn furnish(
        &mut self,
        files: &Path,
        host: &HostInfo,
        names: &[Name],
        resolver: Option<Ipv4Addr>,
    ) -> Result<(), AttachError> {
        let parent = Path::new(FILES);
        for directory in [parent, files] {
            if !directory.exists() {
                fs::create_dir(directory)
                    .map_err(AttachError::io(directory.display().to_string()))?;
                self.made.push(directory.to_owned());
            }
        }
        let mut hosts = "127.0.0.1 localhost\n".to_owned();
        let own = Name {
            name: host.domain.clone(),
            address: host.addresses[0],
        };
        let known: &[Name] = if resolver.is_some() { &[] } else { names };
        for Name { name, address } in std::iter::once(&own).chain(known) {
            writeln!(hosts, "{address} {name}").expect("a string takes every text");
        }
        let nameserver = resolver.map(|address| format!("nameserver {address}\n"));
        // Without a resolver names that are not known are not asked for anywhere.
        let switch = if resolver.is_some() {
            "hosts: files dns\n"
        } else {
            "hosts: files\n"
        };
        for (file, text) in [
            ("hosts", hosts),
            ("resolv.conf", nameserver.unwrap_or_default()),
            ("nsswitch.conf", switch.to_owned()),
        ] {
            let path = files.join(file);
            // Also what is written in part is removed.
            self.made.push(path.clone());
            fs::write(&path, text).map_err(AttachError::io(path.display().to_string()))?;
        }
        Ok(())
    }

    /// Makes the device and says who it is.
    fn plug(&mut self, link: &Path, host: &HostInfo) -> Result<(), AttachError> {
        let file = File::open(link).map_err(AttachError::io(link.display().to_string()))?;
        self.wire = Some(wire::open_in(&file, DEVICE).map_err(AttachError::io(DEVICE))?);
        let inside = ["-n", &self.name];
        let set = |rest: &[&str]| ip(&[&inside, rest].concat());
        set(&["link", "set", "lo", "up"])?;
        // The world has no IPv6, so the device shall not look for routers.
        let mac = host.mac.to_string();
        set(&[
            "link",
            "set",
            DEVICE,
            "address",
            &mac,
            "addrgenmode",
            "none",
        ])?;
        for address in &host.addresses {
            set(&["addr", "add", &format!("{address}/24"), "dev", DEVICE])?;
        }
        set(&["link", "set", DEVICE, "up"])?;
        set(&["route", "add", "default", "via", &host.gateway.to_string()])
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.wire = None;
        for made in self.made.drain(..).rev() {
            // A directory in which somebody put something is theirs now.
            let _ = fs::remove_file(&made).or_else(|_| fs::remove_dir(&made));
        }
        let _ = ip(&["netns", "del", &self.name]);
    }
}

/// Runs `ip` of iproute2.
fn ip(arguments: &[&str]) -> Result<(), AttachError> {
    let failed = |reason: String| AttachError::Command {
        command: format!("ip {}", arguments.join(" ")),
        reason,
    };
    let mut command = Command::new("ip");
    let output = command.args(arguments).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(failed(if said.is_empty() {
                output.status.to_string()
            } else {
                said
            }))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(failed("there is no `ip`: install iproute2".to_owned()))
        }
        Err(error) => Err(failed(error.to_string())),
    }
}
