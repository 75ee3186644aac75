//! Frames made by hand.

use etherparse::{PacketBuilder, PacketBuilderStep, TcpHeader};

/// A TCP segment to be.
pub(crate) struct Segment {
    from: (u8, u16),
    to: (u8, u16),
    header: TcpHeader,
    payload: Vec<u8>,
}

impl Segment {
    /// From the server, port 80, to port `port` of the client.
    pub(crate) fn to_client(port: u16, sequence: u32) -> Self {
        Self::between((2, 80), (1, port), sequence)
    }

    /// From port `port` of the client to the server, port 80.
    pub(crate) fn to_server(port: u16, sequence: u32) -> Self {
        Self::between((1, port), (2, 80), sequence)
    }

    fn between(from: (u8, u16), to: (u8, u16), sequence: u32) -> Self {
        let header = TcpHeader::new(from.1, to.1, sequence, 64_000);
        Self {
            from,
            to,
            header,
            payload: Vec::new(),
        }
    }

    pub(crate) fn syn(mut self) -> Self {
        self.header.syn = true;
        self
    }

    pub(crate) fn fin(mut self) -> Self {
        self.header.fin = true;
        self
    }

    pub(crate) fn rst(mut self) -> Self {
        self.header.rst = true;
        self
    }

    pub(crate) fn ack(mut self, number: u32) -> Self {
        self.header.ack = true;
        self.header.acknowledgment_number = number;
        self
    }

    pub(crate) fn data(mut self, len: usize) -> Self {
        self.payload = vec![b'x'; len];
        self
    }

    pub(crate) fn frame(self) -> Vec<u8> {
        let packet = ip(self.from.0, self.to.0).tcp_header(self.header);
        let mut frame = Vec::new();
        packet.write(&mut frame, &self.payload).unwrap();
        frame
    }
}

/// A UDP datagram from the client to the server.
pub(crate) fn datagram(len: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    ip(1, 2)
        .udp(5_000, 53)
        .write(&mut frame, &vec![0; len])
        .unwrap();
    frame
}

/// The same packet with DF cleared; its header checksum is wrong then, which no link looks at.
pub(crate) fn fragmentable(mut frame: Vec<u8>) -> Vec<u8> {
    frame[20] &= !0x40;
    frame
}

fn ip(from: u8, to: u8) -> PacketBuilderStep<etherparse::IpHeaders> {
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, from], [2, 0, 0, 0, 0, to]).ipv4(
        [198, 18, 0, from],
        [198, 18, 0, to],
        64,
    )
}
