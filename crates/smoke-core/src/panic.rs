//! What a panic of a smoke test said, and where.

mod hook;

use std::any::Any;
use std::panic::PanicHookInfo;

use smoke_report::Place;

use crate::Error;
use crate::scene::{Scene, current};
use crate::thread::is_ours;

pub(crate) use hook::{stand_in_front, stands_in_front};

/// Whether a panic is a smoke test's; its place is kept in the test's scene, where there is one.
fn is_of_a_smoke_test(info: &PanicHookInfo<'_>) -> bool {
    let scene = current();
    if let Some(scene) = &scene {
        scene.panicked_at(info.location().map(Place::from));
    }
    scene.is_some() || is_ours()
}

/// The message of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

/// Where a caught panic happened, as the hook has kept it.
pub(crate) fn place(scene: &Scene) -> Option<Place> {
    scene.take_place()
}

/// The error that a caught panic becomes, with the place that the hook has kept.
pub(crate) fn error(payload: &(dyn Any + Send), scene: &Scene) -> Error {
    error_of(format_args!("panicked"), payload, scene)
}

/// The same, where something else than the test itself panicked: `the factory panicked`.
pub(crate) fn error_of(
    what: std::fmt::Arguments<'_>,
    payload: &(dyn Any + Send),
    scene: &Scene,
) -> Error {
    Error::msg(format_args!("{what}: {}", message(payload))).with_place(place(scene))
}
