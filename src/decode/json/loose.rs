//! What firmware writes in place of JSON: several values one after the other, single quotes, a
//! comma too many, `+5`, `NaN`, Python's `True`, a text that a buffer has cut off.
//!
//! Well-formed JSON is read here as the standard has it. From the rest come only values that are
//! sure; what was mended or lost is noted. Each byte is looked at a fixed number of times, and
//! nesting beyond the walk's bound is passed over without recursion.

use super::string;
use super::token::{Literal, comment, is_word, literal, with_decimal_comma};
use crate::decode::object::ObjectWalk;
use crate::decode::sample::Value;
use crate::decode::walk::Walk;
use crate::message::DefectCode;

/// The text ends before the value does, or goes on in a way that makes no sense.
struct CutOff;

/// How far a reading came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// To the end of the text.
    All,
    /// To something behind the last value that is none.
    Behind,
    CutOff,
}

/// What stands before the place in an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Member,
    Comma,
}

/// The name of a member.
enum Name {
    Known(String),
    /// No text can hold it.
    Unreadable,
    Missing,
}

pub(super) struct Loose<'a> {
    text: &'a str,
    at: usize,
    walk: &'a mut Walk,
    /// How many objects there are around here: words without quotes are values in them, while
    /// `[INFO] started` is no array.
    objects: usize,
}

impl<'a> Loose<'a> {
    pub(super) fn new(text: &'a str, walk: &'a mut Walk) -> Self {
        Self {
            text,
            at: 0,
            walk,
            objects: 0,
        }
    }

    /// Whether the text begins with an object or an array, or a comment before one.
    pub(super) fn begins_container(mut self) -> bool {
        if self.peek() == Some(b'/') {
            self.skip_space();
        }
        matches!(self.peek(), Some(b'{' | b'['))
    }

    /// Reads objects and arrays up to the end of the text, or to something that is neither.
    pub(super) fn containers(mut self) -> Reached {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'{' | b'[') => {}
                Some(b',') => {
                    self.near("a comma between values");
                    self.at += 1;
                    continue;
                }
                Some(_) => {
                    let text = || "not JSON: something else comes behind the value".to_owned();
                    self.walk.note(DefectCode::NotJson, text);
                    return Reached::Behind;
                }
                None => return Reached::All,
            }
            let value = self.value(false);
            self.walk.end_value();
            if value.is_err() {
                let text = || "not JSON: cut off; what is whole before that is kept".to_owned();
                self.walk.note(DefectCode::NotJson, text);
                return Reached::CutOff;
            }
        }
    }

    /// Reads the text as one value without brackets; whether it is one.
    pub(super) fn scalar(mut self, claimed: bool) -> bool {
        if self.peek() == Some(b'"') {
            let Some(quoted) = string::read(self.text, 0, true) else {
                return false;
            };
            let is_whole = quoted.is_strict && quoted.end == self.text.len();
            return is_whole && self.value(false).is_ok();
        }
        match literal(self.text) {
            Some((value, is_strict)) if is_strict || claimed => {
                self.literal(value, is_strict);
                true
            }
            _ => false,
        }
    }

    /// Reads the value here, which is of a member or not.
    fn value(&mut self, of_member: bool) -> Result<(), CutOff> {
        match self.peek().ok_or(CutOff)? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' | b'\'' => self.string(),
            b',' | b'}' | b']' => {
                self.near("a value is missing");
                Ok(())
            }
            _ => self.bare(of_member),
        }
    }

    fn object(&mut self) -> Result<(), CutOff> {
        if self.walk.is_too_deep() {
            return self.skip_container();
        }
        self.at += 1;
        let mut object = self.walk.begin_object();
        self.objects += 1;
        let members = self.members(&mut object);
        self.walk.end_object(&mut object);
        members?;
        self.objects -= 1;
        Ok(())
    }

    fn members(&mut self, object: &mut ObjectWalk) -> Result<(), CutOff> {
        let mut before = Before::Nothing;
        loop {
            self.skip_space();
            match (self.peek().ok_or(CutOff)?, before) {
                (b'}', Before::Comma) => {
                    self.near("a comma too many");
                    break self.at += 1;
                }
                (b'}', _) => break self.at += 1,
                (b']', _) => break self.wrong_bracket(),
                (b',', _) => {
                    if before != Before::Member {
                        self.near("a comma too many");
                    }
                    before = Before::Comma;
                    self.at += 1;
                    continue;
                }
                (_, Before::Member) => self.near("a comma is missing"),
                _ => {}
            }
            before = Before::Member;
            let name = match self.name()? {
                Name::Known(name) => name,
                Name::Unreadable => {
                    self.unreadable();
                    self.skip_value()?;
                    continue;
                }
                Name::Missing => {
                    self.broken("a member without a name or a value");
                    self.skip_to_delimiter()?;
                    continue;
                }
            };
            let member = self.walk.down_to_member(&name, object);
            let value = self.value(true);
            self.walk.up_from_member(member, object);
            value?;
        }
        Ok(())
    }

    fn array(&mut self) -> Result<(), CutOff> {
        if self.walk.is_too_deep() {
            return self.skip_container();
        }
        self.at += 1;
        let mut index = 0;
        loop {
            self.skip_space();
            match self.peek().ok_or(CutOff)? {
                b']' => break self.at += 1,
                b'}' => break self.wrong_bracket(),
                _ => {}
            }
            if self.walk.is_full() {
                self.walk.note_full();
                return self.skip_rest();
            }
            let above = self.walk.down_to_item(index);
            let value = self.value(false);
            self.walk.up(above);
            value?;
            index += 1;
            self.skip_space();
            match self.peek().ok_or(CutOff)? {
                b',' => {
                    self.at += 1;
                    self.skip_space();
                    if self.peek() == Some(b']') {
                        self.near("a comma too many");
                    }
                }
                b']' | b'}' => {}
                _ => self.near("a comma is missing"),
            }
        }
        Ok(())
    }

    /// The name of a member, up to its value.
    fn name(&mut self) -> Result<Name, CutOff> {
        let start = self.at;
        let name = if let Some(b'"' | b'\'') = self.peek() {
            let quoted = string::read(self.text, start, true).ok_or(CutOff)?;
            self.at = quoted.end;
            if !quoted.is_strict {
                self.near("a name that is not in double quotes, or not as it should be");
            }
            quoted.text
        } else {
            let rest = &self.text[start..];
            let ends = |c: char| matches!(c, ':' | '=' | ',' | '{' | '}' | '[' | ']' | '"' | '\'');
            let length = rest.find(ends).ok_or(CutOff)?;
            let name = rest[..length].trim_end();
            self.at = start + length;
            if name.is_empty() || !matches!(self.peek(), Some(b':' | b'=')) {
                return Ok(Name::Missing);
            }
            self.near("a name without quotes");
            Some(name.into())
        };
        self.skip_space();
        match self.peek().ok_or(CutOff)? {
            b':' => {}
            b'=' => self.near("an equals sign in place of a colon"),
            _ => return Ok(Name::Missing),
        }
        let colon = if self.text[self.at..].starts_with("=>") {
            2
        } else {
            1
        };
        self.at += colon;
        self.skip_space();
        Ok(name.map_or(Name::Unreadable, |name| Name::Known(name.into_owned())))
    }

    fn string(&mut self) -> Result<(), CutOff> {
        let quoted = string::read(self.text, self.at, false).ok_or(CutOff)?;
        self.at = quoted.end;
        if !quoted.is_strict {
            self.near("a string that is not in double quotes, or not as it should be");
        }
        match quoted.text {
            Some(text) => self.walk.text(&text),
            None => self.unreadable(),
        }
        Ok(())
    }

    /// A value without quotes: a number, a literal, or a word.
    fn bare(&mut self, of_member: bool) -> Result<(), CutOff> {
        let rest = &self.text[self.at..];
        let ends = |c: char| matches!(c, ',' | '{' | '}' | '[' | ']' | '"' | '\'' | '\n' | '\r');
        let mut length = rest.find(ends).ok_or(CutOff)?;
        length = comment(&rest[..length]).unwrap_or(length);
        if of_member && let Some(longer) = with_decimal_comma(rest, length) {
            length = longer;
        }
        let token = rest[..length].trim_end();
        self.at += length;
        let goes_on = matches!(self.peek(), Some(b'"' | b'\'' | b'{' | b'['));
        // What may go on behind the end is not sure.
        self.skip_space();
        if self.peek().is_none() {
            return Err(CutOff);
        }
        match literal(token) {
            Some((value, is_strict)) => self.literal(value, is_strict),
            None if self.objects > 0 && !goes_on && is_word(token) => {
                self.near("a text without quotes");
                self.walk.text(token);
            }
            None => {
                self.broken("something that is no value");
                self.skip_to_delimiter()?;
            }
        }
        Ok(())
    }

    fn literal(&mut self, literal: Literal, is_strict: bool) {
        if !is_strict && !matches!(literal, Literal::NoNumber) {
            self.near("a number or a literal that JSON writes in another way");
        }
        match literal {
            Literal::Null => {}
            Literal::NoNumber => self.walk.no_number(),
            Literal::Value(value) => {
                if self.walk.is_inside()
                    && let Value::Text(digits) = &value
                {
                    let text = || format!("{} is beyond what a number holds", shown(digits));
                    self.walk.note_here(DefectCode::Unreadable, text);
                }
                self.walk.leaf(value);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over white space and comments.
    fn skip_space(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let space = |c: char| c.is_ascii_whitespace() || matches!(c, '\u{1e}' | '\u{feff}');
            let after = rest.trim_start_matches(space);
            self.at = self.text.len() - after.len();
            let comment = if let Some(inside) = after.strip_prefix("/*") {
                inside.find("*/").map_or(after.len(), |end| end + 4)
            } else if after.starts_with("//") {
                after.find('\n').unwrap_or(after.len())
            } else {
                return;
            };
            self.near("a comment");
            self.at += comment;
        }
    }

    /// Passes over whatever is here up to the end of the member or item.
    fn skip_to_delimiter(&mut self) -> Result<(), CutOff> {
        loop {
            match self.peek().ok_or(CutOff)? {
                b',' | b'}' | b']' => return Ok(()),
                b'{' | b'[' => self.skip_container()?,
                b'"' => self.at = string::read(self.text, self.at, true).ok_or(CutOff)?.end,
                _ => self.at += 1,
            }
        }
    }

    fn skip_value(&mut self) -> Result<(), CutOff> {
        match self.peek().ok_or(CutOff)? {
            b'{' | b'[' => self.skip_container(),
            _ => self.skip_to_delimiter(),
        }
    }

    /// Passes over an object or array and whatever is in it.
    fn skip_container(&mut self) -> Result<(), CutOff> {
        self.at += 1;
        self.skip_rest()
    }

    /// Passes over what is left of an object or array.
    fn skip_rest(&mut self) -> Result<(), CutOff> {
        let mut depth = 1_usize;
        loop {
            match self.peek().ok_or(CutOff)? {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => {
                    self.at = string::read(self.text, self.at, true).ok_or(CutOff)?.end;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

impl Loose<'_> {
    /// Notes what was mended without a loss.
    fn near(&mut self, what: &str) {
        let text = || format!("not quite JSON: {what}");
        self.walk.note_here(DefectCode::NearJson, text);
    }

    /// Notes what was passed over.
    fn broken(&mut self, what: &str) {
        let text = || format!("not JSON: {what}");
        self.walk.note_here(DefectCode::NotJson, text);
    }

    /// Takes a bracket of the other kind for the one that belongs here.
    fn wrong_bracket(&mut self) {
        self.broken("a bracket of the wrong kind");
        self.at += 1;
    }

    fn unreadable(&mut self) {
        let text = || "half of a surrogate pair, which no text can hold".to_owned();
        self.walk.note_here(DefectCode::Unreadable, text);
    }
}

/// The beginning of a long text, for a person to read.
fn shown(text: &str) -> &str {
    text.get(..40).unwrap_or(text)
}
