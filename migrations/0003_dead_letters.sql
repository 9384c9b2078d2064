-- Dead letters say what is wrong in a way that can be asked for, and on which topic.
-- problems: an array of objects, one for each kind of problem: code, text, and path where it
-- concerns one place in the payload (a JSON Pointer, the first one where there are several).
-- topic_id is null where the message could not be put in its place: then topic, client and payload
-- are here.
alter table dead_letter
    add column topic_id integer,
    add column problems jsonb;

update dead_letter d set topic_id = m.topic_id
from (
    select seq, topic_id from message_hot
    union all
    select seq, topic_id from message_sealed
) m
where m.seq = d.seq and d.payload is null;

update dead_letter set problems = jsonb_build_array(jsonb_build_object(
    'code', case
        when reason like 'not JSON%' then 'not_json'
        when reason like 'not read to its end%' then 'unreadable'
        when reason like 'nested more than%' then 'too_deep'
        when reason like '% values in one message%' then 'too_many_values'
        when reason like '%not a plausible time%' then 'implausible_time'
        when reason like '%U+0000%' then 'zero_in_text'
        when reason like 'a time that%' then 'time_out_of_range'
        when reason like '% series on one topic%' then 'too_many_series'
        when reason like '% topics' then 'too_many_topics'
        else 'refused'
    end,
    'text', reason
));

alter table dead_letter
    alter column problems set not null,
    drop column reason;
