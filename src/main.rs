#![doc = "The `unspool` command."]
fn main() {}
