//! Datagrams of any form come to a stub, a resolver and an authority.

use wirelab::app::dns::{Authority, Meaning, PORT, Resolver, Stub, Zone};
use wirelab::harness::Lab;
use wirelab::units::Span;

/// Nobody panics, and the world comes to rest. The first byte says who is asked and who answers with the rest.
pub(super) fn run(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let mut lab = Lab::new(1);
    let (user, near, far) = (
        lab.host("user"),
        lab.host("resolver"),
        lab.host("authority"),
    );
    for (one, other) in [(&user, &near), (&near, &far), (&user, &far)] {
        let _path = lab.join(one, other, "delay 5ms").unwrap();
    }
    let dice = lab.world().dice();
    let zone = Zone::new(60, dice.stream("zone")).with(
        "www.example.test",
        Meaning::RoundRobin(vec![user.address()]),
    );
    // Whoever answers for the wrong one repeats the question's id, or nobody would look at the rest.
    let answer = data.to_vec();
    let liar = if kind & 1 == 0 {
        near.clone()
    } else {
        far.clone()
    };
    let socket = liar.bind_udp(PORT).unwrap();
    lab.spawn("liar", async move {
        let mut buffer = [0; 2_000];
        while let Ok((_, from)) = socket.receive_from(&mut buffer).await {
            let mut answer = answer.clone();
            for (byte, asked) in answer.iter_mut().zip(&buffer[..2]) {
                *byte = *asked;
            }
            if socket.send_to(&answer, from).is_err() {
                return;
            }
        }
    });
    if kind & 1 != 0 {
        let resolver = Resolver::new((*near).clone(), lab.spawner(), dice, far.address());
        lab.spawn("resolver", resolver.serve());
    } else {
        lab.spawn("authority", Authority::new((*far).clone(), zone).serve());
    }
    let asked = user.bind_udp(0).unwrap();
    for server in [&near, &far] {
        let _ = asked.send_to(data, server.at(PORT));
    }
    let stub = Stub::new(&user, dice, near.address());
    lab.spawn("stub", async move { stub.lookup("www.example.test").await });
    lab.pass(Span::from_secs(60));
}
