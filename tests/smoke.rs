use std::cell::RefCell;
use std::rc::Rc;

use futures::{AsyncReadExt, AsyncWriteExt};
use wirelab::event::{Event, Probe};
use wirelab::host::{ListenOptions, Profile, TcpOptions};
use wirelab::link::LinkConfig;
use wirelab::record::{Recorder, RunInfo};
use wirelab::sim::{PathConfig, World};
use wirelab::units::Span;

#[test]
fn smoke() {
    let recorder = Rc::new(RefCell::new(Recorder::new()));
    let mut world = World::new(1, Probe::new(recorder.clone()));
    let client = world.add_host("client", Profile::linux());
    let server = world.add_host("server", Profile::linux());
    let link = LinkConfig {
        delay: Span::from_millis(75),
        ..LinkConfig::default()
    };
    world.join(client, server, PathConfig::symmetric(link));
    let (cnet, snet) = (world.net(client), world.net(server));
    let remote = snet.endpoint(80);
    world.spawner().spawn("server", async move {
        let listener = snet.listen(80, ListenOptions::default()).unwrap();
        let mut stream = listener.accept().await;
        let mut buf = [0; 11];
        stream.read_exact(&mut buf).await.unwrap();
        stream.write_all(&[7; 20_000]).await.unwrap();
        stream.close().await.unwrap();
        let mut rest = vec![];
        stream.read_to_end(&mut rest).await.unwrap();
    });
    let n = world
        .run(async move {
            let mut stream = cnet.connect(remote, &TcpOptions::default()).await.unwrap();
            println!("connected at {}", cnet.clock().now());
            stream.write_all(b"hello world").await.unwrap();
            let mut buf = vec![];
            stream.read_to_end(&mut buf).await.unwrap();
            println!("read at {}", cnet.clock().now());
            drop(stream);
            cnet.clock().sleep(Span::from_secs(70)).await;
            buf.len()
        })
        .unwrap();
    assert_eq!(n, 20_000);
    let rec = recorder.borrow_mut().take(RunInfo::default());
    for e in &rec.entries {
        match &e.event {
            Event::FrameSent { host, frame } => {
                let v = wirelab::wire::packet::TcpView::of(&frame.bytes);
                println!(
                    "{} {:?} sent {} {}",
                    e.at,
                    host,
                    frame.id,
                    v.map_or("arp".into(), |v| format!(
                        "{} seq {} ack {} len {}",
                        v.flags(),
                        v.header.sequence_number(),
                        v.header.acknowledgment_number(),
                        v.payload.len()
                    ))
                );
            }
            Event::FrameReceived { .. } | Event::FrameQueued { .. } => {}
            other => println!("{} {:?}", e.at, other),
        }
    }
}
