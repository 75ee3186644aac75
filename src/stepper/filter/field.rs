//! The fields that expressions know.

/// What a field is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Is there or not; its bytes may contain a text.
    Protocol,
    Number,
    Flag,
    Text,
    Address,
}

macro_rules! fields {
    ($($variant:ident $name:literal $kind:ident $help:literal)*) => {
        /// A field that expressions know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = $help] $variant,)*
        }

        impl Field {
            /// All of them, those of frames first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is typed.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it says.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }

            pub(super) const fn kind(self) -> Type {
                match self { $(Self::$variant => Type::$kind,)* }
            }
        }
    };
}

fields! {
    Frame "frame" Protocol "Any frame."
    Eth "eth" Protocol "An Ethernet frame."
    Arp "arp" Protocol "ARP."
    Ip "ip" Protocol "IPv4."
    Icmp "icmp" Protocol "ICMP."
    Tcp "tcp" Protocol "TCP."
    Udp "udp" Protocol "UDP."
    Dns "dns" Protocol "DNS."
    Quic "quic" Protocol "QUIC."
    Tls "tls" Protocol "A TCP segment in which a TLS record begins."
    Http "http" Protocol "A TCP segment in which a message of HTTP/1 begins."
    FrameNumber "frame.number" Number "Number of the frame in the list, from 1."
    FrameTime "frame.time_relative" Number "Seconds since the beginning."
    FrameLen "frame.len" Number "Length in bytes."
    EthSrc "eth.src" Text "Source address of Ethernet."
    EthDst "eth.dst" Text "Destination address of Ethernet."
    IpSrc "ip.src" Address "Source address."
    IpDst "ip.dst" Address "Destination address."
    IpAddr "ip.addr" Address "Either address."
    IpTtl "ip.ttl" Number "Hops that are left."
    IpLen "ip.len" Number "Length of the packet."
    TcpSrcPort "tcp.srcport" Number "Source port."
    TcpDstPort "tcp.dstport" Number "Destination port."
    TcpPort "tcp.port" Number "Either port."
    TcpSyn "tcp.flags.syn" Flag "SYN."
    TcpAckFlag "tcp.flags.ack" Flag "ACK."
    TcpFin "tcp.flags.fin" Flag "FIN."
    TcpReset "tcp.flags.reset" Flag "RST."
    TcpPush "tcp.flags.push" Flag "PSH."
    TcpSeq "tcp.seq" Number "Sequence number, counted from the initial one."
    TcpSeqRaw "tcp.seq_raw" Number "Sequence number as it is on the wire."
    TcpAck "tcp.ack" Number "Acknowledgment number, counted from the peer's initial one."
    TcpAckRaw "tcp.ack_raw" Number "Acknowledgment number as it is on the wire."
    TcpLen "tcp.len" Number "Length of the data."
    TcpWindow "tcp.window_size" Number "Window, scaled."
    TcpWindowValue "tcp.window_size_value" Number "Window as it is on the wire."
    TcpRetransmission "tcp.analysis.retransmission" Flag "Left again, as the sender knows."
    UdpSrcPort "udp.srcport" Number "Source port."
    UdpDstPort "udp.dstport" Number "Destination port."
    UdpPort "udp.port" Number "Either port."
    Host "wirelab.host" Text "Name of the host where it happened; of a link, where that begins."
    Event "wirelab.event" Text "What happened, for example \"drop\" or \"state\"."
    Frameid "wirelab.frame" Number "The lab's name of the frame, without `#`."
    Link "wirelab.link" Text "Name of the link."
    DropCause "wirelab.drop.cause" Text "Why a link or host dropped it."
    Mechanism "wirelab.mechanism" Text "What made it leave again."
    Socket "wirelab.socket" Text "Name of the socket, for example \"h0s0\"."
    State "wirelab.state" Text "TCP state of the socket, as `ss` names it."
    Timer "wirelab.timer" Text "The timer that was set or fired."
    Cwnd "wirelab.cwnd" Number "Congestion window of the socket in bytes."
    Ssthresh "wirelab.ssthresh" Number "Slow start threshold of the socket in bytes."
    InFlight "wirelab.in_flight" Number "Bytes that the socket sent and that are not acknowledged."
    PeerWindow "wirelab.peer_window" Number "The peer's window in bytes."
    Srtt "wirelab.srtt" Number "Smoothed round trip in seconds."
    Rto "wirelab.rto" Number "Retransmission timeout in seconds."
    Limit "wirelab.limit" Text "What data waits for."
    Request "wirelab.request" Number "Number of the request."
    Text "wirelab.text" Text "The event in words."
}

/// The words of `wirelab.event`.
pub(super) const EVENTS: &[&str] = &[
    "host",
    "link",
    "sent",
    "queued",
    "drop",
    "duplicate",
    "corrupt",
    "received",
    "discard",
    "opened",
    "state",
    "write",
    "read",
    "readable",
    "shutdown",
    "close",
    "segment",
    "timer-set",
    "timer",
    "windows",
    "waits",
    "buffer-full",
    "closed",
    "application",
    "left-out",
];
/// The words of `wirelab.state`.
pub(super) const STATES: &[&str] = &[
    "UNCONN",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECV",
    "ESTAB",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
];

impl Field {
    /// The field of this name.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|field| field.name() == name);
        let names = Self::ALL.iter().map(|field| field.name());
        known
            .copied()
            .ok_or_else(|| format!("there is no field `{name}`{}", near(name, names)))
    }

    /// Refuses a text that the field never has.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        let words = match self {
            Self::Event => EVENTS,
            Self::State => STATES,
            _ => return Ok(()),
        };
        if words.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return Ok(());
        }
        let near = near(text, words.iter().copied());
        Err(format!(
            "`{}` is never `{text}`{near}; it is one of: {}",
            self.name(),
            words.join(", ")
        ))
    }
}

/// The part of a sentence that offers the nearest known name.
fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, near)| {
            format!(" (did you mean `{near}`?)")
        })
}
