//! Logs of links that follow traces, as mahimahi's link shell writes them: `mm-throughput-graph` and `mm-delay-graph`
//! read them.
//!
//! Times are whole ms from the beginning of the run, sizes those of mahimahi: an IP packet and four bytes. A line is
//! `T + SIZE` for a frame that comes, `T # SIZE` for an opportunity to deliver, `T - SIZE DELAY` for a frame that is
//! through. A frame that a full queue drops is `# T d 1 SIZE`: mahimahi writes that line without the hash, and
//! `mm-throughput-graph` stops at it. Opportunities after the link's last frame are left out.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::recording::Recording;
use crate::event::{DropCause, Event, LinkId, LinkInfo, LinkRole, Schedule};
use crate::units::{SimTime, Span};
use crate::wire::{ETHERNET_HEADER, Frame, FrameId, TUN_HEADER};

/// The log of a link.
#[derive(Clone, Copy, Debug)]
pub struct LinkLog<'a> {
    recording: &'a Recording,
    link: LinkId,
    info: &'a LinkInfo,
    schedule: &'a Schedule,
}

/// Something that happened to a frame.
struct Line {
    at: SimTime,
    /// Whether an opportunity made it happen.
    departs: bool,
    text: String,
}

impl<'a> LinkLog<'a> {
    /// The logs of all links that follow a trace, in order of their ids.
    pub fn all(recording: &'a Recording) -> Vec<Self> {
        let links: BTreeMap<_, _> = recording.links().collect();
        let logs = recording.schedules().filter_map(|(link, schedule)| {
            Some(Self {
                recording,
                link,
                info: links.get(&link)?,
                schedule,
            })
        });
        logs.collect()
    }

    /// What its file is called: `server-client.mahimahi.log` of the link `server->client`.
    pub fn file_name(&self) -> String {
        format!("{}.mahimahi.log", self.info.name.replace("->", "-"))
    }

    /// Writes the log.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        self.head(out)?;
        let lines = self.lines();
        let mut opportunities = moments(self.schedule).peekable();
        for line in lines {
            let is_before = |at: &SimTime| *at < line.at || line.departs && *at == line.at;
            while let Some(at) = opportunities.next_if(is_before) {
                writeln!(out, "{} # {}", ms(at), self.schedule.bytes)?;
            }
            writeln!(out, "{}", line.text)?;
        }
        Ok(())
    }

    fn head(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let rises = match self.info.role {
            LinkRole::AccessUp => true,
            LinkRole::AccessDown => false,
            // The client is the host that was there first.
            LinkRole::Core => self.info.from < self.info.to,
        };
        let way = if rises { "uplink" } else { "downlink" };
        let one_line = |text: &str| text.replace(char::is_control, " ");
        let (trace, file) = (one_line(&self.schedule.trace), self.file_name());
        writeln!(out, "# mahimahi mm-link ({way}) [{trace}] > {file}")?;
        let command = one_line(&self.recording.run.command());
        writeln!(out, "# command line: {command}")?;
        writeln!(out, "# queue: {}", self.queue())?;
        writeln!(out, "# init timestamp: 0")?;
        writeln!(out, "# base timestamp: 0")?;
        for entry in &self.recording.entries {
            if let Event::LeftOut { frames, .. } = entry.event {
                writeln!(
                    out,
                    "# {frames} frames of further connections were not recorded"
                )?;
            }
        }
        Ok(())
    }

    /// The queue in mahimahi's words.
    fn queue(&self) -> String {
        let mut words = self.info.config.split_whitespace();
        let limit = words
            .find(|word| *word == "limit")
            .and_then(|_| words.next());
        match limit.map(|limit| (limit, limit.strip_suffix('p'))) {
            None => "infinite".to_owned(),
            Some((_, Some(packets))) => format!("droptail [packets={packets}]"),
            Some((bytes, None)) => format!("droptail [bytes={bytes}]"),
        }
    }

    /// What happened to frames, in order.
    fn lines(&self) -> Vec<Line> {
        let mut sizes: BTreeMap<FrameId, u32> = BTreeMap::new();
        let mut lines = Vec::new();
        let mut put = |at, departs, text| lines.push(Line { at, departs, text });
        for entry in &self.recording.entries {
            let at = entry.at;
            match &entry.event {
                Event::FrameSent { frame, .. } => {
                    sizes.insert(frame.id, size(frame));
                }
                Event::FrameDuplicated { frame, copy, .. } => {
                    if let Some(size) = sizes.get(frame).copied() {
                        sizes.insert(*copy, size);
                    }
                }
                Event::FrameQueued {
                    link,
                    frame,
                    departs,
                    ..
                } if *link == self.link => {
                    let size = sizes.get(frame).copied().unwrap_or_default();
                    put(at, false, format!("{} + {size}", ms(at)));
                    if *departs <= self.recording.end() {
                        let delay = ms(*departs) - ms(at);
                        put(*departs, true, format!("{} - {size} {delay}", ms(*departs)));
                    }
                }
                Event::FrameDropped {
                    link,
                    frame,
                    cause: DropCause::QueueFull,
                } if *link == self.link => {
                    let size = sizes.get(frame).copied().unwrap_or_default();
                    put(at, false, format!("{} + {size}", ms(at)));
                    put(at, false, format!("# {} d 1 {size}", ms(at)));
                }
                _ => {}
            }
        }
        lines.sort_by_key(|line| (line.at, line.departs));
        lines
    }
}

/// The opportunities of a link, one after the other, without end.
fn moments(schedule: &Schedule) -> impl Iterator<Item = SimTime> {
    let period = schedule.moments.last().copied().unwrap_or_default();
    let repetitions = (0_u64..).map_while(move |repetition| {
        // A schedule without a period never goes on.
        (repetition == 0 || period > 0).then(|| Span::from_millis(u64::from(period)) * repetition)
    });
    repetitions.flat_map(|began| {
        let moments = schedule.moments.iter();
        moments.map(move |ms| SimTime::ZERO + began + Span::from_millis(u64::from(*ms)))
    })
}

/// A moment in whole ms.
const fn ms(at: SimTime) -> u64 {
    at.as_nanos() / 1_000_000
}

/// The size of a frame as mahimahi counts it. Its IP header says how long it was where a recording has only its head.
fn size(frame: &Frame) -> u32 {
    let bytes = &frame.bytes;
    let packet = match (bytes.get(12..14), bytes.get(16..18)) {
        (Some([0x08, 0x00]), Some([high, low])) => usize::from(u16::from_be_bytes([*high, *low])),
        _ => bytes.len().saturating_sub(ETHERNET_HEADER),
    };
    u32::try_from(packet + TUN_HEADER).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::HostId;
    use crate::record::Entry;
    use crate::record::sample::entry;

    /// A link whose trace is 2, 4, 4, and what frames of 1,504 and 504 bytes make of it.
    fn recording() -> Recording {
        let info = LinkInfo {
            name: "server->client".to_owned(),
            role: LinkRole::Core,
            from: HostId(1),
            to: HostId(0),
            config: "delay 5ms trace t#0 limit 2p".to_owned(),
        };
        let schedule = Schedule {
            trace: "t#0".to_owned(),
            moments: vec![2, 4, 4],
            bytes: 1_504,
        };
        let sent = |name, len| {
            let frame = Frame::new(FrameId(name), vec![0; len].into());
            entry(
                1,
                Event::FrameSent {
                    host: HostId(1),
                    frame,
                },
            )
        };
        let queued = |name, departs| Event::FrameQueued {
            link: LinkId(1),
            frame: FrameId(name),
            packets: 1,
            starts: SimTime::ZERO,
            departs: SimTime::ZERO + Span::from_millis(departs),
            arrives: SimTime::ZERO,
        };
        let dropped = |link| Event::FrameDropped {
            link: LinkId(link),
            frame: FrameId(3),
            cause: DropCause::QueueFull,
        };
        let others = Event::LeftOut {
            flows: 1,
            frames: 7,
            bytes: 1,
        };
        let entries: Vec<Entry> = vec![
            entry(0, Event::Link(LinkId(1), Box::new(info))),
            entry(0, Event::Schedule(LinkId(1), Box::new(schedule))),
            sent(1, 1_514),
            sent(2, 1_514),
            sent(3, 514),
            entry(2, queued(1, 2)),
            entry(2, queued(2, 4)),
            entry(3, dropped(1)),
            entry(3, dropped(2)),
            entry(7, queued(3, 8)),
            entry(9, others),
        ];
        Recording {
            entries,
            ..Recording::default()
        }
    }

    #[test]
    fn a_log_has_what_came_what_could_leave_and_what_left() {
        let recording = recording();
        let [log] = LinkLog::all(&recording)[..] else {
            panic!("one link has a trace");
        };
        let mut text = Vec::new();
        log.write(&mut text).expect("a vector takes all bytes");
        insta::assert_snapshot!(String::from_utf8_lossy(&text), @r"
        # mahimahi mm-link (downlink) [t#0] > server-client.mahimahi.log
        # command line: wirelab run / --seed 0
        # queue: droptail [packets=2]
        # init timestamp: 0
        # base timestamp: 0
        # 7 frames of further connections were not recorded
        2 + 1504
        2 + 1504
        2 # 1504
        2 - 1504 0
        3 + 504
        # 3 d 1 504
        4 # 1504
        4 # 1504
        4 - 1504 2
        6 # 1504
        7 + 504
        8 # 1504
        8 # 1504
        8 - 504 1
        ");
        assert_eq!(log.file_name(), "server-client.mahimahi.log");
    }

    #[test]
    fn a_schedule_that_never_moves_on_is_told_once() {
        let schedule = Schedule {
            trace: String::new(),
            moments: vec![0, 0],
            bytes: 1,
        };
        assert_eq!(moments(&schedule).count(), 2);
    }
}
