//! Scenarios are loaded, built and refused with every mistake told.

use std::path::{Path, PathBuf};

fn quickstart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/quickstart.yaml")
}

#[test]
fn the_quickstart_is_good_and_builds_the_same_world_each_time() {
    let scenario = super::load(&[quickstart()]).unwrap();
    assert_eq!(scenario.name(), Some("quickstart"));
    for _ in 0..2 {
        let world = scenario.build().unwrap();
        assert_eq!((world.hub_count(), world.finding_count()), (6, 67));
    }
}
