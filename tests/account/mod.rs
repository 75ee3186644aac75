//! The account of time: nothing is missing, and each class has what is known by construction.

mod classes;
mod connections;
mod conservation;
mod worlds;

use wirelab::case::{Plan, Run};
use wirelab::event::{Event, HostId, SocketEvent};
use wirelab::measure::CaseResult;
use wirelab::measure::account::{Account, Class, PageAccount, Window};
use wirelab::record::{Recording, RunInfo};
use wirelab::units::Span;

use crate::support::Lab;

/// A variant's result and the account of its recording.
fn accounted(case: &str, variant: &str, settings: &[(&str, &str)]) -> (CaseResult, PageAccount) {
    let plan = Plan::new(case, variant, 1, settings.iter().copied()).unwrap();
    let finished = Run::start(&plan).finish().unwrap();
    let window = finished.result.window.unwrap();
    let account = PageAccount::of(&finished.recording, window);
    (finished.result, account)
}

/// The account of a variant's page.
fn page(case: &str, variant: &str, settings: &[(&str, &str)]) -> Account {
    accounted(case, variant, settings).1.page
}

/// What happened in a lab, from the client's first frame to its last read or error.
fn client_window(lab: &Lab) -> (Recording, Window) {
    let recording = Recording {
        run: RunInfo::default(),
        entries: lab.entries(),
    };
    let window = window_of(&recording, lab.client);
    (recording, window)
}

fn window_of(recording: &Recording, host: HostId) -> Window {
    let entries = || recording.entries.iter();
    let first = entries()
        .find(|entry| matches!(entry.event, Event::FrameSent { host: of, .. } if of == host));
    let last = entries().rev().find(|entry| {
        matches!(
            entry.event,
            Event::Socket(socket, SocketEvent::AppRead { .. } | SocketEvent::Closed { error: Some(_) })
                if socket.host == host
        )
    });
    let from = first.map_or(recording.end(), |entry| entry.at);
    Window {
        host,
        from,
        until: last.map_or(from, |entry| entry.at.max(from)),
    }
}

/// Only these classes have time, and each as much as is said.
fn assert_spent(account: &Account, expected: &[(Class, Span)]) {
    let spent: Vec<_> = account.by_class().into_iter().collect();
    let mut expected: Vec<_> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(spent, expected, "{:#?}", account.slices());
}

fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}
