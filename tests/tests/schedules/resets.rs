//! Tests of resets during calls. The initial world is forked, and the fork is independent.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Client, numbers, together};
use crate::explore;

/// A finding of the initial world is updated in one fork of it or in the next.
#[test]
fn forks_of_the_initial_world_are_independent() {
    explore(|| {
        let client = Client::of_files(&["world.yaml", "standing.yaml"]);
        together(
            &client,
            &[
                |client| {
                    client.reset();
                    client.import(&[(101, 1)]);
                },
                |client| client.import(&[(100, 2), (102, 2)]),
                |client| {
                    let (found, _) = client.page(&json!({}));
                    let version = found
                        .iter()
                        .find(|found| found.number == 100)
                        .expect("finding 100 is part of the start")
                        .version;
                    assert_eq!(version == 2, numbers(&found).contains(&102), "a batch is partly visible: {found:?}");
                },
            ],
        );
        assert!(numbers(&client.page(&json!({})).0).contains(&101), "lost");
        client.reset();
        let (found, _) = client.page(&json!({}));
        let versions: Vec<(usize, u64)> = found.iter().map(|found| (found.number, found.version)).collect();
        assert_eq!(versions, [(100, 0)], "the initial world was changed");
    });
}

/// Rules: EVT-08.
#[test]
fn a_reset_removes_everything_before_it_and_nothing_after_it() {
    explore(|| {
        let client = Client::new();
        client.import(&[(0, 0), (1, 0)]);
        together(
            &client,
            &[
                |client| {
                    client.reset();
                    // Concurrent imports may happen before or after the reset.
                    let (found, _) = client.page(&json!({}));
                    assert!(numbers(&found).iter().all(|number| *number >= 10), "of before: {found:?}");
                    client.import(&[(2, 1), (3, 1)]);
                    let (found, _) = client.page(&json!({}));
                    assert!([2, 3].iter().all(|number| numbers(&found).contains(number)), "lost: {found:?}");
                },
                |client| {
                    client.import(&[(10, 2), (11, 2)]);
                    client.import(&[(11, 3), (12, 3)]);
                },
                |client| {
                    let (found, _) = client.page(&json!({}));
                    let seen: BTreeSet<usize> = numbers(&found).into_iter().collect();
                    assert_eq!(seen.contains(&0), seen.contains(&1), "{found:?}");
                    assert!(!(seen.contains(&0) && seen.contains(&2)), "the response mixes two worlds: {found:?}");
                },
            ],
        );
        let (found, _) = client.page(&json!({}));
        assert!([2, 3].iter().all(|number| numbers(&found).contains(number)), "lost: {found:?}");
        assert!(!numbers(&found).contains(&0), "of before: {found:?}");
        client.reset();
        assert_eq!(client.page(&json!({})).0, [], "the initial world was changed");
    });
}

/// The IDs of findings in events after a number, and the number of the last event.
fn follow(client: &Client, after: u64) -> (Vec<String>, u64) {
    let answer = client.control("GET", &format!("/_emulator/events?after={after}"), "");
    let id = |event: &Value| event["detail"]["findings"][0]["Id"].as_str().unwrap().to_owned();
    let ids = answer["Events"].as_array().unwrap().iter().map(id).collect();
    (ids, answer["Last"].as_u64().unwrap())
}

/// A client that follows events keeps its cursor across a reset, even if calls of the previous world end afterwards.
///
/// Rules: EVT-08.
#[test]
fn a_client_that_follows_events_across_a_reset_misses_none() {
    explore(|| {
        let client = Client::new();
        let following = client.clone();
        let follower = shuttle::thread::spawn(move || {
            let (mut seen, mut after) = (Vec::new(), 0);
            for _ in 0..2 {
                let (mut ids, last) = follow(&following, after);
                seen.append(&mut ids);
                after = last;
            }
            (seen, after)
        });
        together(
            &client,
            &[
                |client| {
                    client.reset();
                    client.import(&[(20, 1)]);
                },
                |client| client.import(&[(10, 1)]),
            ],
        );
        let (mut seen, after) = follower.join().unwrap();
        seen.append(&mut follow(&client, after).0);
        assert_eq!(seen.iter().filter(|id| *id == "20").count(), 1, "received once: {seen:?}");
        assert!(seen.iter().filter(|id| *id == "10").count() <= 1, "received twice: {seen:?}");
    });
}
