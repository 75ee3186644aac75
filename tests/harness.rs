//! What belongs here: the worked examples of `docs/testing.md`: three clients, each with a mistake that the lab finds,
//! and without it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use futures::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use wirelab::event::DropCause;
use wirelab::harness::{Host, Lab, Path};
use wirelab::rt::TcpStream;
use wirelab::units::Span;
use wirelab::{assert_bytes, assert_connections, assert_round_trips};

/// A line without its end.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    if stream.read_line(&mut text).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim_end().to_owned())
}

/// A client and a server that answers each line of each connection, 50 ms away.
fn lab(seed: u64, answer: fn(&str) -> String) -> (Lab, Host, Host, Path) {
    let mut lab = Lab::new(seed);
    let (client, server) = (lab.host("client"), lab.host("server"));
    let path = lab.join(&client, &server, "delay 25ms").unwrap();
    let listener = server.listen(80).unwrap();
    let spawner = lab.spawner();
    lab.spawn("server", async move {
        loop {
            let mut stream = BufReader::new(listener.accept().await);
            spawner.spawn("connection", async move {
                while let Ok(question) = line(&mut stream).await {
                    let answer = answer(&question) + "\n";
                    if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (lab, client, server, path)
}

/// First example: a client that tries again when an answer takes too long.
mod retry {
    use super::*;

    /// What a client does with a connection on which an answer is overdue.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum After {
        /// Asks again on it: the mistake.
        Reuse,
        /// Closes it.
        Close,
    }

    struct Client {
        host: Host,
        server: Host,
        open: Option<BufReader<TcpStream>>,
        after: After,
    }

    impl Client {
        async fn ask(&mut self, question: &str) -> io::Result<String> {
            for _ in 0..3 {
                let mut stream = match self.open.take() {
                    Some(open) => open,
                    None => BufReader::new(self.host.connect(&self.server, 80).await?),
                };
                let question = format!("{question}\n");
                stream.get_mut().write_all(question.as_bytes()).await?;
                let clock = self.host.clock().clone();
                let answer = Box::pin(line(&mut stream));
                let answered = clock.timeout(Span::from_millis(300), answer).await;
                match answered {
                    Ok(answer) => {
                        self.open = Some(stream);
                        return answer;
                    }
                    Err(_) if self.after == After::Reuse => self.open = Some(stream),
                    Err(_) => {}
                }
            }
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    /// Asks for two prices while the network stands still for 400 ms.
    fn prices(after: After) -> (Lab, Vec<String>) {
        let (mut lab, client, server, path) = lab(1, |question| format!("price of {question}"));
        let clock = client.clock().clone();
        lab.spawn("network", async move {
            clock.sleep(Span::from_millis(60)).await;
            let held = path.hold();
            clock.sleep(Span::from_millis(400)).await;
            held.release();
        });
        let mut client = Client {
            host: client,
            server,
            open: None,
            after,
        };
        let answers = lab.run(async move {
            let first = client.ask("apples").await.unwrap();
            let second = client.ask("pears").await.unwrap();
            vec![first, second]
        });
        (lab, answers)
    }

    #[test]
    fn asking_again_on_the_same_connection_takes_the_late_answer_for_the_next_one() {
        let (lab, answers) = prices(After::Reuse);
        assert_eq!(
            answers,
            ["price of apples", "price of apples"],
            "pears are not apples"
        );
        assert_connections!(lab, == 1);
    }

    #[test]
    fn a_client_that_closes_after_a_timeout_gets_its_own_answers() {
        let (lab, answers) = prices(After::Close);
        assert_eq!(answers, ["price of apples", "price of pears"]);
        assert_connections!(lab, == 2);
        // To connect, the question, 300 ms until the timeout, the SYN that is held until 460 ms; then both questions.
        assert_round_trips!(lab, <= 14.0);
    }
}

/// Second example: a pool of two connections.
mod pool {
    use super::*;

    struct Pool {
        host: Host,
        server: Host,
        idle: RefCell<VecDeque<BufReader<TcpStream>>>,
        /// Connections that may still be opened.
        room: Cell<usize>,
        returns_on_error: bool,
    }

    /// Room in the pool for one connection, given back whatever happens.
    struct Room<'a>(&'a Pool);

    impl Drop for Room<'_> {
        fn drop(&mut self) {
            self.0.room.set(self.0.room.get() + 1);
        }
    }

    impl Pool {
        async fn take(&self) -> io::Result<BufReader<TcpStream>> {
            while self.room.get() == 0 {
                self.host.clock().sleep(Span::from_millis(10)).await;
            }
            self.room.set(self.room.get() - 1);
            let idle = self.idle.borrow_mut().pop_front();
            match idle {
                Some(idle) => Ok(idle),
                None => Ok(BufReader::new(self.host.connect(&self.server, 80).await?)),
            }
        }

        async fn ask(&self, question: &str) -> io::Result<String> {
            let mut stream = self.take().await?;
            // The mistake: what follows may return early, and then nobody gives the room back.
            let room = Room(self);
            let answer = exchange(self.host.clone(), &mut stream, question).await;
            if answer.is_err() && !self.returns_on_error {
                std::mem::forget(room);
            }
            let answer = answer?;
            self.idle.borrow_mut().push_back(stream);
            Ok(answer)
        }
    }

    async fn exchange(
        host: Host,
        stream: &mut BufReader<TcpStream>,
        question: &str,
    ) -> io::Result<String> {
        let question = format!("{question}\n");
        stream.get_mut().write_all(question.as_bytes()).await?;
        let answer = Box::pin(line(stream));
        let answer = host.clock().timeout(Span::from_millis(200), answer).await;
        answer.map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// Asks four times, twice of them while nothing comes through; how many answers there were within ten seconds.
    fn answers(returns_on_error: bool) -> (Lab, usize) {
        let (mut lab, client, server, path) = lab(2, str::to_owned);
        let clock = client.clock().clone();
        let pool = Rc::new(Pool {
            host: client,
            server,
            idle: RefCell::default(),
            room: Cell::new(2),
            returns_on_error,
        });
        let answered = lab.run(async move {
            let asked = async {
                let mut answered = 0;
                // Both connections are open before the network breaks.
                let both = futures::join!(pool.ask("a"), pool.ask("b"));
                answered += [both.0, both.1].iter().flatten().count();
                let cut = path.partition();
                let both = futures::join!(pool.ask("c"), pool.ask("d"));
                answered += [both.0, both.1].iter().flatten().count();
                cut.release();
                answered += usize::from(pool.ask("e").await.is_ok());
                answered
            };
            clock
                .timeout(Span::from_secs(10), Box::pin(asked))
                .await
                .unwrap_or(0)
        });
        (lab, answered)
    }

    #[test]
    fn a_pool_that_forgets_connections_on_errors_waits_for_ever() {
        let (_, answered) = answers(false);
        assert_eq!(answered, 0, "the last question was never asked");
    }

    #[test]
    fn a_pool_whose_room_is_given_back_by_a_guard_recovers() {
        let (lab, answered) = answers(true);
        assert_eq!(answered, 3);
        assert_connections!(lab, == 3);
        assert_bytes!(lab, < 4_000);
    }
}

/// Third example: a stream of events, as server-sent events have it, and a client that opens it again.
mod events {
    use super::*;

    /// Events that the server has in all, one every 100 ms.
    const EVENTS: u64 = 20;

    /// A server that sends from the event that it is asked for on, or from the present one.
    fn serve(lab: &Lab, server: &Host) {
        let listener = server.listen(80).unwrap();
        let (spawner, clock) = (lab.spawner(), server.clock().clone());
        lab.spawn("server", async move {
            loop {
                let mut stream = BufReader::new(listener.accept().await);
                let clock = clock.clone();
                spawner.spawn("stream", async move {
                    let Ok(asked) = line(&mut stream).await else {
                        return;
                    };
                    let present = || clock.now().as_nanos() / 100_000_000;
                    let mut next = asked.parse().unwrap_or_else(|_| present());
                    while next < EVENTS {
                        if next >= present() {
                            clock.sleep(Span::from_millis(10)).await;
                            continue;
                        }
                        let event = format!("{next}\n");
                        if stream.get_mut().write_all(event.as_bytes()).await.is_err() {
                            return;
                        }
                        next += 1;
                    }
                });
            }
        });
    }

    /// Reads until it has the last event; opens the stream again when nothing came for 250 ms.
    async fn follow(client: Host, server: Host, says_where: bool) -> Vec<u64> {
        let mut seen: Vec<u64> = Vec::new();
        loop {
            let mut stream = BufReader::new(client.connect(&server, 80).await.unwrap());
            let last = seen.last().filter(|_| says_where);
            let from = last.map_or_else(|| "now".to_owned(), |last| (last + 1).to_string());
            stream
                .get_mut()
                .write_all(format!("{from}\n").as_bytes())
                .await
                .unwrap();
            loop {
                let event = Box::pin(line(&mut stream));
                let Ok(Ok(event)) = client.clock().timeout(Span::from_millis(250), event).await
                else {
                    break;
                };
                seen.push(event.parse().unwrap());
                if seen.last() == Some(&(EVENTS - 1)) {
                    return seen;
                }
            }
        }
    }

    fn followed(says_where: bool) -> (Lab, Vec<u64>) {
        let mut lab = Lab::new(3);
        let (client, server) = (lab.host("client"), lab.host("server"));
        let path = lab.join(&client, &server, "delay 25ms").unwrap();
        serve(&lab, &server);
        let clock = client.clock().clone();
        lab.spawn("network", async move {
            clock.sleep(Span::from_millis(600)).await;
            let cut = path.partition();
            clock.sleep(Span::from_millis(400)).await;
            cut.release();
        });
        let seen = lab.run(follow(client, server, says_where));
        (lab, seen)
    }

    #[test]
    fn a_stream_that_is_opened_again_without_the_last_id_has_a_gap() {
        let (_, seen) = followed(false);
        let gap = seen.windows(2).find(|pair| pair[1] != pair[0] + 1);
        assert!(gap.is_some(), "{seen:?}");
    }

    #[test]
    fn a_stream_that_is_opened_again_from_the_last_id_has_every_event_once() {
        let (lab, seen) = followed(true);
        let first = seen[0];
        assert_eq!(seen, (first..EVENTS).collect::<Vec<_>>());
        let dropped = lab
            .recording()
            .entries
            .into_iter()
            .filter_map(|entry| match entry.event {
                wirelab::event::Event::FrameDropped { cause, .. } => Some(cause),
                _ => None,
            });
        let dropped: Vec<_> = dropped.collect();
        assert!(!dropped.is_empty() && dropped.iter().all(|cause| *cause == DropCause::Outage));
    }
}
