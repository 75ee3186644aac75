//! Steps through a case from outside: looks at a socket, reads a frame, and has the answer dropped.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use wirelab::case::{CaseError, Plan, Run};
use wirelab::event::Event;
use wirelab::link::Verdict;

fn main() -> Result<(), CaseError> {
    let plan = Plan::new("handshake", "open", 1, [("rtt", "100ms")])?;
    let mut run = Run::start(&plan);
    let syn = run.run_until(
        |entry| matches!(&entry.event, Event::FrameReceived { host, .. } if host.0 == 1),
    )?;
    let client = &run.sockets("client")[0];
    println!("{}: the client is in {}", run.now(), client.state);
    if let Some(Event::FrameReceived { frame, .. }) = syn.map(|entry| entry.event) {
        for field in run.frame(frame.id).into_iter().flatten() {
            println!("  {} = {}", field.name, field.value);
        }
    }
    // The next frame towards the client never arrives: its timer has to help.
    run.inject("server", "client", Verdict::Drop);
    println!("total: {} ms", run.finish()?.result.total_ms);
    Ok(())
}
