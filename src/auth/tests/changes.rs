//! Nobody keeps what a change has taken.

use proptest::prelude::*;

use super::*;

/// What is done to one of two accounts.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Add,
    Remove,
    Disable(bool),
    Permit(bool),
    Bind(bool),
    IssueToken,
    RevokeTokens,
}

fn doing() -> impl Strategy<Value = (bool, Doing)> {
    let doing = prop_oneof![
        Just(Doing::Add),
        Just(Doing::Remove),
        any::<bool>().prop_map(Doing::Disable),
        any::<bool>().prop_map(Doing::Permit),
        any::<bool>().prop_map(Doing::Bind),
        Just(Doing::IssueToken),
        Just(Doing::RevokeTokens),
    ];
    (any::<bool>(), doing)
}

async fn act(auth: &Auth, name: &str, doing: Doing, tokens: &mut Vec<String>) {
    let change = match doing {
        Doing::Add => {
            let mut new = NewAccount::new(name, Role::Device);
            new.permissions.read = Some(vec![TopicFilter::all()]);
            let _ = auth.add_account(&me(), new).await;
            return;
        }
        Doing::Remove => {
            let _ = auth.remove_account(&me(), name).await;
            return;
        }
        Doing::IssueToken => {
            let new = NewToken {
                name: "t".into(),
                ..NewToken::default()
            };
            tokens.extend(auth.issue_token(&me(), name, new).await.map(|new| new.text));
            return;
        }
        Doing::RevokeTokens => {
            for account in auth.accounts().iter().filter(|one| &*one.name == name) {
                for token in &account.tokens {
                    auth.revoke_token(&me(), name, &token.id).await.unwrap();
                }
            }
            return;
        }
        Doing::Disable(disabled) => AccountChange {
            disabled: Some(disabled),
            ..AccountChange::default()
        },
        Doing::Permit(all) => AccountChange {
            permissions: Some(PermissionFilters {
                read: Some(if all {
                    vec![TopicFilter::all()]
                } else {
                    vec![]
                }),
                ..PermissionFilters::default()
            }),
            ..AccountChange::default()
        },
        Doing::Bind(other) => AccountChange {
            client: Some(other.then(|| "other".parse().unwrap())),
            ..AccountChange::default()
        },
    };
    let _ = auth.change_account(&me(), name, change).await;
}

/// Whether somebody who comes in anew in the same way may read.
async fn may_anew(auth: &Auth, visitor: &Visitor, topic: &Topic) -> bool {
    match auth.sign_in(visitor).await {
        Ok(principal) => auth.may(&principal, Action::Read, topic),
        Err(_) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nobody_keeps_what_a_change_has_taken(doings in prop::collection::vec(doing(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let auth = Auth::with_accounts(PRESS);
            let topic = Topic::new("a").unwrap();
            let (mut tokens, mut held) = (Vec::new(), Vec::new());
            for (first, doing) in doings {
                let name = if first { "one" } else { "two" };
                let version = auth.version();
                let before: Vec<bool> = held.iter().map(|(principal, _)| {
                    auth.may(principal, Action::Read, &topic)
                }).collect();
                act(&auth, name, doing, &mut tokens).await;
                let mut changed = false;
                for ((principal, visitor), before) in held.iter().zip(before) {
                    let may = auth.may(principal, Action::Read, &topic);
                    changed |= may != before;
                    // Who is over stays so, even if the same way in is open again.
                    assert!(!may || may_anew(&auth, visitor, &topic).await);
                    assert!(may || principal.is_over()
                        || !may_anew(&auth, visitor, &topic).await);
                }
                assert!(!changed || auth.version() != version);
                let mut visitors = vec![certificate("one"), by("two")];
                visitors.extend(tokens.iter().map(|text| token(text)));
                for visitor in visitors {
                    let visitor = Visitor { client: Some("press".into()), ..visitor };
                    if let Ok(principal) = auth.sign_in(&visitor).await {
                        held.push((principal, visitor));
                    }
                }
            }
        });
    }
}
