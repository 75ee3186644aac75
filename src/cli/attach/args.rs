//! Arguments of `attach`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::args::Settings;
use crate::units::Span;

/// Arguments of `attach`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct AttachArgs {
    /// The variant, of a case, a scenario file or an HTTP archive
    #[arg(value_name = "CASE/VARIANT | FILE.toml | PAGE.har")]
    pub(super) case: String,

    #[command(flatten)]
    pub(super) settings: Settings,

    /// A host that programs play; its first host, which is the client, unless given. May be given several times
    #[arg(long = "as", value_name = "HOST")]
    pub(super) hosts: Vec<String>,

    /// Run a shell command as a host, until attach ends; may be given several times
    #[arg(long = "run", value_name = "HOST=COMMAND", value_parser = assignment)]
    pub(super) runs: Vec<(String, String)>,

    /// The namespace of each host is called NAME-HOST
    #[arg(long, value_name = "NAME", default_value = "wirelab", value_parser = netns)]
    pub(super) netns: String,

    /// End after this time; otherwise when COMMAND ends, or on Ctrl-C
    #[arg(long = "for", value_name = "TIME")]
    pub(super) lasting: Option<Span>,

    /// How long the lab's own client waits for your servers, where it is the lab's
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(super) wait: Span,

    /// Directory below which captures/attach/ is written
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub(super) out: PathBuf,

    /// Print one JSON object and nothing else on stdout; what COMMAND prints there goes to stderr
    #[arg(long)]
    pub(super) json: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// What to run as the first host; attach ends when it ends, with 1 if it failed
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  wirelab attach image-page/origin-h1-six              then, in another terminal, what it shows, for example
                                                       ip netns exec wirelab-client curl http://images.test/
  wirelab attach shop.toml/now --set loss=1% -- \\
    curl -so /dev/null -w '%{time_total}\\n' https://www.shop.test/
  wirelab attach transfer/download --set rtt=80ms --as client --as server \\
    --run server='python3 -m http.server 80' -- \\
    curl -fso /dev/null --retry 9 --retry-connrefused http://server.test/big.iso

It makes a network namespace for each host that programs play, with a TAP device as its only way out, and
removes both. It needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN, and `ip` of iproute2. COMMAND finds the
certificate that the lab's servers are signed with in $WIRELAB_CA, $SSL_CERT_FILE and $CURL_CA_BUNDLE.

Files, below DIR (default: the current directory):
  captures/attach/CASE/VARIANT/HOST.pcapng   what each host's tap saw, for Wireshark and `wirelab explain`
  captures/attach/CASE/VARIANT/events.bin    everything that happened, for `wirelab step`
  captures/attach/CASE/VARIANT/attach.json   how many frames, and how late the latest of them

Exit status: 0, 1 if COMMAND or the lab's own client failed, 2 for misuse and failed input or output.";

/// `HOST=COMMAND` in its two parts.
fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((host, command)) if !host.is_empty() && !command.trim().is_empty() => {
            Ok((host.to_owned(), command.to_owned()))
        }
        _ => Err(
            "write it as HOST=COMMAND, for example --run server='python3 -m http.server 80'"
                .to_owned(),
        ),
    }
}

/// A name that can be a part of a file's name.
fn netns(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.len() <= 64 && text.chars().all(is_plain) && !text.starts_with('-')
    {
        Ok(text.to_owned())
    } else {
        Err("a name of letters, digits, - and _ is needed, such as wirelab".to_owned())
    }
}
