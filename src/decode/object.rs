//! The objects of a payload: their members, of which the last of a name counts, and what some of
//! these say of the others: when they were true, and in which unit they are.

use std::ops::Range;
use std::sync::Arc;

use super::event_time::{self, FoundTime};
use super::members::{MemberSamples, NamedMembers, hash};
use super::sample::{Sample, Value};
use super::walk::{Above, Walk};
use crate::message::{DefectCode, TimeMember, TimeSource, Timestamp};

/// The longest unit, in bytes.
pub(super) const UNIT_BYTES_MAX: usize = 64;

/// Members of these names are meant where several numbers stand beside one unit.
const VALUES: [&str; 6] = ["value", "Value", "values", "val", "v", "payload"];

/// An object that is walked.
pub(super) struct ObjectWalk {
    members: NamedMembers,
    /// Where its samples begin.
    from: usize,
    /// Whether its members say something of each other.
    is_heard: bool,
    /// The member that says when the others were true.
    time: Option<Box<ToldTime>>,
    /// The place of the sample that names a unit.
    unit: Option<usize>,
}

/// A member that is a time, and the sample that it would be otherwise.
struct ToldTime {
    member: TimeMember,
    at: Timestamp,
    sample: Sample,
}

/// The member that the walk went down to.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Member {
    above: Above,
    hash: u64,
    /// Where its samples begin.
    from: usize,
    hint: Option<Hint>,
}

/// What a member may say of those beside it, by its name.
#[derive(Clone, Copy)]
enum Hint {
    Time(TimeMember),
    Unit,
}

/// Names of members that name the unit of the value beside them.
const UNITS: [&str; 10] = [
    "unit",
    "Unit",
    "units",
    "Units",
    "uom",
    "unit_of_measurement",
    "engUnit",
    "engUnits",
    "engineeringUnits",
    "engineering_units",
];

/// A bit for each name, by [`bit_of`]: most other names are told by one look.
const HINTS: [u64; 32] = hints();

const fn hints() -> [u64; 32] {
    let mut hints = [0; 32];
    let mut at = 0;
    while at < UNITS.len() + TimeMember::COUNT {
        let name = if at < UNITS.len() {
            UNITS[at]
        } else {
            TimeMember::at(at - UNITS.len()).name()
        };
        let bit = bit_of(name.as_bytes());
        hints[bit / 64] |= 1 << (bit % 64);
        at += 1;
    }
    hints
}

/// Where the bit of a name is that is not empty: by its first byte, its last one and its length.
const fn bit_of(name: &[u8]) -> usize {
    let (first, last) = (name[0] as usize, name[name.len() - 1] as usize);
    (first + 37 * last + 331 * name.len()) % 2048
}

impl Hint {
    #[inline]
    fn named(name: &str) -> Option<Self> {
        if name.is_empty() {
            return None;
        }
        let bit = bit_of(name.as_bytes());
        let may_be_one = HINTS[bit / 64] >> (bit % 64) & 1 == 1;
        if may_be_one { Self::find(name) } else { None }
    }

    #[inline(never)]
    fn find(name: &str) -> Option<Self> {
        match TimeMember::named(name) {
            Some(member) => Some(Self::Time(member)),
            None => UNITS.contains(&name).then_some(Self::Unit),
        }
    }
}

impl Walk {
    /// Begins the object at the place where the walk is.
    #[inline]
    pub(super) fn begin_object(&self) -> ObjectWalk {
        ObjectWalk {
            members: NamedMembers::default(),
            from: self.samples.len(),
            is_heard: true,
            time: None,
            unit: None,
        }
    }

    /// Begins fields at the place where the walk is, whose names mean nothing: their format has
    /// other places for that.
    pub(super) fn begin_fields(&self) -> ObjectWalk {
        ObjectWalk {
            is_heard: false,
            ..self.begin_object()
        }
    }

    /// Goes down to the member `name` of the object here; [`Self::up_from_member`] comes back.
    #[inline]
    pub(super) fn down_to_member(&mut self, name: &str, object: &mut ObjectWalk) -> Member {
        let above = self.down_to_name(name);
        let hash = hash(name);
        if let Some(earlier) = object.members.take(hash)
            && self.are_here(&earlier)
        {
            self.note_repeated();
            // One value too many could not take the place of the other.
            if !self.is_full() {
                self.replaced.push(earlier);
            }
        }
        Member {
            above,
            hash,
            from: self.samples.len(),
            hint: Hint::named(name).filter(|_| object.is_heard),
        }
    }

    #[inline]
    pub(super) fn up_from_member(&mut self, member: Member, object: &mut ObjectWalk) {
        let from = member.from;
        if let Some(hint) = member.hint {
            self.hear(hint, from, object);
        }
        self.up(member.above);
        let to = self.samples.len();
        if to > from {
            let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
            object.members.add(MemberSamples {
                hash: member.hash,
                from: place(from),
                to: place(to),
            });
        }
    }

    /// Ends an object: what its members say of each other counts.
    #[inline]
    pub(super) fn end_object(&mut self, object: &mut ObjectWalk) {
        if let Some(time) = object.time.take() {
            self.end_time(object.from, *time);
        }
        if let Some(unit) = object.unit {
            self.end_unit(object.from, unit);
        }
    }

    /// Takes what the one sample from `from` on says of the others, if it is one and says it.
    #[inline(never)]
    fn hear(&mut self, hint: Hint, from: usize, object: &mut ObjectWalk) {
        let [sample] = &self.samples[from..] else {
            return;
        };
        if sample.path != self.path {
            return;
        }
        match (hint, &sample.value) {
            (Hint::Unit, Value::Text(text)) => {
                if unit(text).is_some() {
                    object.unit = Some(from);
                }
            }
            (Hint::Unit, _) => {}
            (Hint::Time(member), value) => {
                let told = event_time::told(value);
                self.hear_time(member, told, object);
            }
        }
    }

    /// Takes the last sample as the time of those beside it, if it is one and none is surer.
    fn hear_time(&mut self, member: TimeMember, told: FoundTime, object: &mut ObjectWalk) {
        let known = object.time.as_ref().map(|time| time.member);
        let is_repeated = known == Some(member);
        let at = match told {
            FoundTime::At(at) => at,
            FoundTime::Absurd => return self.note_absurd(),
            FoundTime::Nothing => {
                if is_repeated {
                    object.time = None;
                    self.note_repeated();
                }
                return;
            }
        };
        if known.is_some_and(|known| !is_repeated && !member.is_surer_than(known)) {
            return;
        }
        let Some(sample) = self.samples.pop() else {
            return;
        };
        let time = Box::new(ToldTime { member, at, sample });
        let earlier = object.time.replace(time);
        if is_repeated {
            self.note_repeated();
        } else if let Some(earlier) = earlier {
            self.samples.push(earlier.sample);
        }
    }

    /// A time by itself is a value, and so is one beside that of the convention.
    #[inline(never)]
    fn end_time(&mut self, from: usize, time: ToldTime) {
        let is_alone = self.samples.len() == from;
        if is_alone || (!self.is_inside() && self.event_time.is_some()) {
            self.samples.push(time.sample);
        } else {
            self.be_true_at(from, time.at, TimeSource::Member(time.member));
        }
    }

    /// The unit is that of the one member with numbers, or of the one called a value.
    #[cold]
    fn end_unit(&mut self, from: usize, place: usize) {
        let Some(unit) = self
            .samples
            .get(place)
            .and_then(|sample| match &sample.value {
                Value::Text(text) => unit(text),
                _ => None,
            })
        else {
            return;
        };
        let unit: Arc<str> = unit.into();
        let above = self.path.len();
        let member = |sample: &Sample| {
            let below = sample.path.get(above..)?.strip_prefix('/')?;
            let is_number = matches!(sample.value, Value::Number(_) | Value::Long(..));
            is_number.then(|| below.split('/').next().unwrap_or_default().to_owned())
        };
        let samples = &self.samples[from..];
        let first = samples.iter().find_map(member);
        let mut members = samples.iter().filter_map(member);
        let is_one = members.all(|member| Some(&member) == first.as_ref());
        let is_meant = |name: String| is_one || VALUES.contains(&&*name);
        for (at, sample) in samples.iter().enumerate() {
            if member(sample).is_some_and(is_meant) {
                let units = self.units.get_or_insert_default();
                units.push((from + at, Arc::clone(&unit)));
            }
        }
    }

    /// Whether these samples are at the place where the walk is, or below it.
    fn are_here(&self, samples: &Range<usize>) -> bool {
        let first = self.samples.get(samples.start);
        let below = first.and_then(|first| first.path.strip_prefix(&*self.path));
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    fn note_absurd(&mut self) {
        self.note_here(DefectCode::ImplausibleTime, || {
            "not a plausible time, and kept as a text; the time of receipt stands".to_owned()
        });
    }
}

/// What a text is as a unit, if it can be one.
pub(super) fn unit(text: &str) -> Option<&str> {
    let unit = text.trim();
    let is_one = !unit.is_empty() && unit.len() <= UNIT_BYTES_MAX;
    (is_one && !unit.contains(char::is_control)).then_some(unit)
}
