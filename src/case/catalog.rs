//! All cases, in the order in which they are taught.

use super::error::nearest_of;
use super::{
    Case, CaseError, geo_routing, handshake, head_of_line, image_page, keep_alive, messaging,
    payment, time_wait, transfer,
};

/// All cases.
pub fn all() -> &'static [&'static dyn Case] {
    &[
        &transfer::Transfer,
        &handshake::Handshake,
        &keep_alive::KeepAliveCase,
        &time_wait::TimeWaitCase,
        &head_of_line::HeadOfLine,
        &image_page::ImagePage,
        &messaging::Messaging,
        &geo_routing::GeoRouting,
        &payment::Payment,
    ]
}

/// The case of that name.
///
/// # Errors
/// [`CaseError::UnknownCase`] with the nearest name.
pub fn find(name: &str) -> Result<&'static dyn Case, CaseError> {
    all()
        .iter()
        .copied()
        .find(|case| case.name() == name)
        .ok_or_else(|| CaseError::UnknownCase {
            name: name.to_owned(),
            near: nearest_of(name, all().iter().map(|case| case.name())),
        })
}
