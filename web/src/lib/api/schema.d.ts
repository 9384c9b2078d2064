// Generated from openapi/openapi.json by `npm run api-types`. Do not edit.
export interface paths {
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Accounts
         * @description Without their passwords, with their tokens. For administrators, as all of these are.
         */
        get: operations["accounts"];
        put?: never;
        /** Add an account */
        post: operations["add_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One account */
        get: operations["account"];
        put?: never;
        post?: never;
        /**
         * Remove an account
         * @description Whoever has come in by it, or by one of its tokens, is cut off.
         */
        delete: operations["remove_account"];
        options?: never;
        head?: never;
        /**
         * Change an account
         * @description Whoever has come in by it may do from now on what it says now: a stream ends, and goes on with
         *     what is left.
         */
        patch: operations["change_account"];
        trace?: never;
    };
    "/api/v1/accounts/{name}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give an account another password
         * @description Whoever has come in by the one before is cut off. An administrator may do that for any account,
         *     everybody else for their own, and shows the one that they had.
         */
        put: operations["set_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{name}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a token
         * @description A bearer token over HTTP, and the password of an MQTT client. It is shown this once.
         */
        post: operations["issue_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{name}/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token
         * @description Whoever has come in by it is cut off.
         */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed which account
         * @description The newest change first. For administrators.
         */
        get: operations["audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * MQTT clients
         * @description Those that are connected, and those that have a session which waits for them, by identifier. For
         *     whoever may read everything.
         */
        get: operations["clients"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clients/{client}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One MQTT client
         * @description For whoever may read everything.
         */
        get: operations["client"];
        put?: never;
        post?: never;
        /**
         * Disconnect an MQTT client
         * @description Its Will is published; it may connect again at once. For administrators.
         */
        delete: operations["disconnect_client"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Clocks of clients
         * @description Those that are off the most come first, since the server started, of clients whose messages say
         *     when their values were true. For whoever may read everything.
         */
        get: operations["clocks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages with something wrong about them
         * @description A payload that is not what it claims to be, a value that nothing can hold, a limit that was
         *     reached. In the order of `seq`. How many there are in all is `dead_lettered` in the ledger.
         */
        get: operations["dead_letters"];
        put?: never;
        /**
         * Messages with something wrong about them, asked by POST
         * @description The same parameters, in the body: a topic may be longer than an address.
         */
        post: operations["dead_letters_by_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/first-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the first administrator
         * @description As long as there is no account, and from the machine itself only. From then on whoever shows
         *     nothing may do what `anonymous` says, or nothing. The answer signs in.
         */
        post: operations["first_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What this server is
         * @description Version, addresses, capabilities, limits.
         */
        get: operations["info"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/latest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last message of each topic
         * @description With the last value of each series in it. Answered from memory, while messages come in: page by
         *     page no topic is left out or told twice that had a message up to `complete_to`, and each is told
         *     as it was when its page was made. The live stream after `complete_to` goes on from there.
         *
         *     With `at` or `as_of` all is told as it was at that time, from history.
         */
        get: operations["latest"];
        put?: never;
        /**
         * The last message of each topic, asked by POST
         * @description The same parameters, in the body: a topic may be longer than an address.
         */
        post: operations["latest_by_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proof that nothing was lost
         * @description `received` = `acknowledged` + `pending` + `shed`, `acknowledged` = `stored` + `dead_lettered` +
         *     `removed` + `left_out` + `expired` + `missing` + `waiting`. Of one topic: `messages` in `/topics` is what the database
         *     holds. It counts the messages of all topics, so it is for whoever may read them all.
         */
        get: operations["ledger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who asks
         * @description Also for whoever is not signed in: `name` is null then.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages as they were received
         * @description In the order of `seq`. NDJSON and CSV are streamed and have no end but the range's.
         */
        get: operations["messages"];
        put?: never;
        /**
         * Messages as they were received, asked by POST
         * @description The same parameters, in the body: a topic may be longer than an address.
         */
        post: operations["messages_by_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{seq}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One message */
        get: operations["message"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{seq}/payload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One message's payload
         * @description The raw bytes, with the content type that the publisher gave, where a browser takes nothing
         *     of that type for a part of a page, or that they tell of themselves. With `path`, bytes inside
         *     it, with the type that they tell of themselves.
         */
        get: operations["payload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{seq}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A small picture of an image
         * @description Of a JPEG, PNG, GIF (its first frame) or WebP, upright: a JPEG, or a PNG where something of it is
         *     transparent.
         */
        get: operations["thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish messages
         * @description The body is the payload, and may be empty. The answer comes once the message is durable; from
         *     then on it can't be lost. A `Content-Type` other than curl's default for forms travels with it.
         *
         *     Many messages at once are sent as `application/x-ndjson`: a line for each, an object with `topic`,
         *     `payload` (a text is published as it is, everything else as JSON) or `payload_base64`, and `qos`,
         *     `retain` and `content_type` where these are wanted; lines of an export of `/messages` will do. Or
         *     as `multipart/form-data`, where each part is a message: its name is the topic (or `payload`, with
         *     `topic` as a parameter), and its content type travels with it. All are published or none, in their
         *     order, and the answer has their `seqs`.
         *
         *     With the header `Idempotency-Key` the same request sent again is answered as the first time, and not
         *     published once more: for a day, as long as the server runs, of the last 10,000 keys.
         */
        post: operations["publish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/redecodings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is decoded again
         * @description The last ones that are over, and those that are not, newest first. For whoever may read
         *     everything.
         */
        get: operations["redecodings"];
        put?: never;
        /**
         * Decode messages again
         * @description With the rules as they are now: their samples and dead letters are replaced, a part at a time, in
         *     the background and with half of one thread; until then the old ones are answered. The answer
         *     says where to look how far it has come. What stays as it is: messages of Sparkplug B, which need
         *     what came before; those whose payload is not stored; and those of rules by which nothing is. For
         *     administrators.
         */
        post: operations["decode_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/redecodings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far decoding again has come
         * @description For whoever may read everything.
         */
        get: operations["redecoding"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/redecodings/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop decoding again
         * @description What is done stays; a part that is under way is finished. For administrators.
         */
        post: operations["stop_redecoding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/removals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Removals of topics
         * @description The last ones that are done, and those that are not, newest first. For whoever may read
         *     everything.
         */
        get: operations["removals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/removals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A removal of topics
         * @description How far it has come. For whoever may read everything.
         */
        get: operations["removal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retained": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retained messages
         * @description By topic: what whoever subscribes now gets at once.
         */
        get: operations["retained"];
        /**
         * Retain a message
         * @description The body is what the topic is to have from now on: published as any message, with `retain`.
         */
        put: operations["retain"];
        post?: never;
        /**
         * Clear retained messages
         * @description Of the topics that the filter names, as far as whoever asks may read them and publish to them. Each
         *     is cleared by a message without a payload, as any client does it: subscribers are told, and it is on
         *     record. What was retained stays in history, from where it can be put back. With `dry_run` nothing is
         *     cleared, and the answer says what would be.
         */
        delete: operations["clear_retained"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retained/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a retained message back
         * @description A message of history is retained again, with the payload and the properties that it had.
         */
        post: operations["restore_retained"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rules
         * @description What is stored of the messages on topics, and how they are read: those that the configuration
         *     file declares, and those that were made here. For whoever may read everything.
         */
        get: operations["rules"];
        /**
         * Make a rule
         * @description In the place of the one with its filter, if there is one. It counts for the messages that come
         *     from now on; `POST /rules/trial` says before what it will make of them. For administrators.
         */
        put: operations["put_rule"];
        post?: never;
        /**
         * Delete a rule
         * @description For the messages that come from now on the next one counts that names their topics, or none. For
         *     administrators.
         */
        delete: operations["delete_rule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/trial": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a rule
         * @description Makes nothing: says which topics the rule would be for, what it would make of the last messages
         *     on them, and how many bytes it would save or add. What edge nodes of Sparkplug say is tried
         *     without what their births say. For administrators.
         */
        post: operations["try_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Samples for plots
         * @description Raw, or in buckets that keep the shape of the curve. Gaps stay gaps, unless `fill` says otherwise.
         */
        get: operations["samples"];
        put?: never;
        /**
         * Samples for plots, asked by POST
         * @description The same parameters, in the body: a topic may be longer than an address.
         */
        post: operations["samples_by_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in to the dashboard
         * @description The answer sets a cookie, which lasts for a week, and for half a day without a request. Programs
         *     need none: they show their token, or name and password, with each request.
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out of the dashboard
         * @description What the browser has open ends, in all its tabs.
         */
        post: operations["sign_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the server is doing
         * @description Rates, backlog, counts: whoever may not read everything gets the counts of what they may read.
         */
        get: operations["status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Storage
         * @description What history takes, how long it is kept, and for how long the disk lasts; measured every ten
         *     seconds. For whoever may read everything.
         */
        get: operations["storage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live over Server-Sent Events
         * @description The frames of one subscription. An event's id is the cursor, so that an `EventSource` resumes
         *     by itself.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A ticket for a WebSocket
         * @description A page of another origin can show nothing with a WebSocket or an `EventSource` but its address:
         *     a ticket in it is good once, for half a minute, and for what its maker may do.
         */
        post: operations["ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/topics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Topics by name
         * @description With counts, rates and the series that were found in their payloads, each as it was when its page
         *     was made. Page by page no topic is left out or told twice that had a message up to `complete_to`.
         */
        get: operations["topics"];
        put?: never;
        /**
         * Topics by name, asked by POST
         * @description The same parameters, in the body: a topic may be longer than an address.
         */
        post: operations["topics_by_post"];
        /**
         * Remove topics
         * @description Removes the topics that the filter names from the database, with their series, messages, samples
         *     and dead letters. In the background: the answer says where to look how far it has come. From the
         *     moment in which a topic is taken out nobody finds it any more, and it does not count for
         *     `topics_max`; messages that come after it make it anew. With `dry_run` nothing is removed, and
         *     the answer says what would be. What the journal and queues of MQTT sessions hold of it goes when
         *     it would have gone anyway, and retained messages stay. For administrators.
         */
        delete: operations["remove_topics"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tree": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The children of one place in the topic tree
         * @description With counts, rates and last values, so that a tree can be opened level by level; each as it was
         *     when its page was made. Page by page no child is left out or told twice that had a message up to
         *     `complete_to`. Topics that the asker may not read are no part of it, and of no count.
         */
        get: operations["tree"];
        put?: never;
        /**
         * The children of one place in the topic tree, asked by POST
         * @description The same parameters, in the body: a topic may be longer than an address.
         */
        post: operations["tree_by_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live over WebSocket
         * @description Frames are text, one JSON object each. The query string may hold a first subscription; more
         *     can be made, paused and ended by frames.
         */
        get: operations["websocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the process is alive
         * @description Restart it where this does not answer.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the server takes messages
         * @description It does so while the database is away, too, until the journal is full. Not so while something in
         *     a database that is there keeps it from its work: a person has to look.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description In the OpenMetrics text format, the ledger included. For whoever may read everything, and for
         *     tokens that are made for it.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What is to become of an account; what is absent stays as it is. */
        AccountChange: {
            client?: components["schemas"]["ClientBinding"] | null;
            disabled?: boolean | null;
            limits?: components["schemas"]["AccountLimits"] | null;
            permissions?: components["schemas"]["PermissionFilters"] | null;
            role?: components["schemas"]["Role"] | null;
        };
        /** @description How much an account may do at a time; what is absent is bounded by the server's own limits only. */
        AccountLimits: {
            /**
             * Format: int32
             * @description How many connections of MQTT, WebSocket and Server-Sent Events there may be at once.
             * @default null
             */
            connections_max: number | null;
            /**
             * Format: int32
             * @description How many messages may be published in a second, over all connections.
             * @default null
             */
            messages_per_second_max: number | null;
        };
        /**
         * @description Where an account comes from.
         * @enum {string}
         */
        AccountOrigin: "managed" | "declared";
        /** @description An account, without its secrets. */
        AccountState: {
            client?: components["schemas"]["ClientBinding"] | null;
            disabled: boolean;
            has_password: boolean;
            limits: components["schemas"]["AccountLimits"];
            name: string;
            origin: components["schemas"]["AccountOrigin"];
            permissions: components["schemas"]["PermissionFilters"];
            role: components["schemas"]["Role"];
            tokens: components["schemas"]["TokenState"][];
        };
        /** @description All accounts. */
        Accounts: {
            /** @description By their names. */
            items: components["schemas"]["AccountState"][];
        };
        /** @description What the account `anonymous` is to be. */
        AnonymousAccount: {
            permissions?: components["schemas"]["PermissionFilters"];
            role: components["schemas"]["Role"];
        };
        /**
         * @description What the items of arrays become.
         * @enum {string}
         */
        ArrayForm: "series" | "rows";
        /** @description One change of accounts. */
        AuditEntry: {
            /** @description Whose account was changed. */
            account: string;
            at: components["schemas"]["Timestamp"];
            /** @description Whose account it was that did it, or the system's user at the command line. */
            by: string;
            /** @description What it is now, as JSON or in words; never a secret. */
            detail?: string | null;
            /** @description From where: an address, the command line, a file. */
            from: string;
            /**
             * Format: int64
             * @description Ascends from entry to entry.
             */
            id: number;
            what: components["schemas"]["AuditedChange"];
        };
        /**
         * @description What was changed.
         * @enum {string}
         */
        AuditedChange: "account-added" | "account-changed" | "account-removed" | "accounts-imported" | "password-set" | "token-issued" | "token-revoked" | "file-changed";
        /** @description What was cleared, or would be. */
        ClearedRetained: {
            /** @description How many retained messages. */
            cleared: number;
            /** @description Whether this is only what would be cleared. */
            dry_run: boolean;
            /**
             * @description Which topics.
             * @example factory/old/#
             */
            filter: string;
            /** @description Whether there are more than are cleared at a time: ask again. */
            more: boolean;
            /** @description The topics of the first hundred. */
            topics: string[];
        };
        /** @description An MQTT client. */
        Client: {
            /** @description The account that its session belongs to. */
            account: string;
            /** @description Its client identifier. */
            client: string;
            connection?: components["schemas"]["Connection"] | null;
            disconnected_at?: components["schemas"]["Timestamp"] | null;
            /** @description Messages of QoS 1 and 2 that it has not acknowledged. */
            in_flight: number;
            /** @description Messages that wait for it. */
            queued: number;
            /** @description What is held of these in memory, in bytes; the rest is in the journal. */
            queued_bytes: number;
            /** @description Messages from it, as long as the server has known the session. */
            received: components["schemas"]["Flow"];
            /** @description Messages to it. */
            sent: components["schemas"]["Flow"];
            /**
             * Format: int32
             * @description How long the session outlives its connection, in seconds: 0 where it ends with it, null where
             *     it never ends.
             */
            session_expiry_s?: number | null;
            /** @description How many filters it has subscribed to. */
            subscriptions: number;
            /** @description Where its Will goes, where it has one. */
            will?: string | null;
        };
        /**
         * @description Which MQTT client identifiers an account is bound to: one, or with `*` at its end those that
         *     begin so. `%u` stands for the account's name.
         */
        ClientBinding: string;
        /** @description How far the clock of a client is off. */
        ClientClock: {
            /** @description Its MQTT client identifier. */
            client: string;
            /**
             * Format: int64
             * @description How far the newest event time of its last message that has one is ahead of the receipt, in
             *     milliseconds. Behind may also mean that the message waited; ahead is always a clock.
             */
            clock_skew_ms: number;
            /** @description When it was received. */
            time: components["schemas"]["Timestamp"];
            /** @description Where that message was published. */
            topic: string;
        };
        /** @description An MQTT client, what it has subscribed to, and what became of its connections. */
        ClientDetails: components["schemas"]["Client"] & {
            /** @description By filter; no more than a thousand. */
            filters: components["schemas"]["Subscription"][];
            /** @description The last twenty events, the newest first, since the server started. */
            timeline: components["schemas"]["ClientEvent"][];
        };
        /** @description What became of a client's connection. */
        ClientEvent: {
            /** @description From where it connected; null where the connection ended. */
            address?: string | null;
            time: components["schemas"]["Timestamp"];
            /** @description What happened, for a person to read. */
            what: string;
        };
        /** @description A connection. */
        Connection: {
            /**
             * @description From where, as an address and a port.
             * @example 192.0.2.7:51234
             */
            address: string;
            /**
             * Format: int32
             * @description Null where silence is no reason to end it.
             */
            keep_alive_s?: number | null;
            since: components["schemas"]["Timestamp"];
            /** @description `tcp`, `tls` or `websocket`. */
            transport: string;
            /** @description The version of MQTT: `3.1`, `3.1.1` or `5.0`. */
            version: string;
        };
        /** @description The database. */
        DatabaseView: {
            /** @description `embedded` or `external`. */
            kind: string;
            /** @description TimescaleDB's version, where it is there. */
            timescaledb?: string | null;
            /** @description What is used of it and what is done without, in words; absent where it is not there. */
            timescaledb_use?: string | null;
            /** @description PostgreSQL's version; null while it can't be reached. */
            version?: string | null;
        };
        /**
         * @description A message with something wrong about it. It is on record with its raw bytes, and what could be
         *     read of it is in its series.
         * @example {
         *       "seq": 981254,
         *       "topic": "factory/line1/press",
         *       "time": "2026-11-22T21:47:33.293Z",
         *       "defects": [
         *         {
         *           "code": "unreadable",
         *           "path": "/motor/temp",
         *           "text": "number out of range at line 1 column 12"
         *         }
         *       ],
         *       "message": "/api/v1/messages/981254"
         *     }
         */
        DeadLetter: {
            /** @description What is wrong with it, each kind of defect once. */
            defects: components["schemas"]["Defect"][];
            /** @description Where the message can be fetched as it was received. */
            message: string;
            /**
             * Format: int64
             * @description The message's identity.
             */
            seq: number;
            /** @description When the server received it. */
            time: components["schemas"]["Timestamp"];
            /** @description Where it was published to. */
            topic: string;
        };
        /** @description One thing that is wrong with a message. */
        Defect: {
            /** @description What kind of defect it is. */
            code: components["schemas"]["DefectCode"];
            /**
             * @description Where in the payload: a JSON Pointer, that of the first place where there are several;
             *     absent where it is the message as a whole.
             * @example /motor/temp
             */
            path?: string | null;
            /**
             * @description What is wrong, for a person to read.
             * @example number out of range at line 1 column 12
             */
            text: string;
        };
        /**
         * @description What kind of defect it is. The names are stable.
         * @enum {string}
         */
        DefectCode: "not_json" | "near_json" | "malformed" | "too_large" | "unreadable" | "not_a_number" | "repeated_member" | "other_encoding" | "implausible_time" | "other_time_unit" | "future_time" | "not_sparkplug" | "no_birth" | "unknown_alias" | "sequence_gap" | "late_death" | "binary_value" | "too_many_births" | "too_deep" | "too_many_values" | "name_too_long" | "zero_in_text" | "time_out_of_range" | "too_many_series" | "too_many_topics" | "refused";
        /** @description What was ended. */
        Disconnected: {
            client: string;
            /** @description Whether the session ended, too. */
            session_ended: boolean;
        };
        /**
         * @description A journal that the database was written from before the present one. What it had further than
         *     the database is not known here.
         */
        EarlierJournal: {
            /**
             * @description Its name, as in the cursors of live streams.
             * @example k3f9
             */
            epoch: string;
            received_at?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description The last of its records that the database has.
             */
            up_to: number;
        };
        /** @description Bytes inside a payload, such as an image in base64 that is a member of an object. */
        Embedded: {
            /**
             * Format: int64
             * @description How many they are, decoded.
             */
            bytes: number;
            /**
             * Format: int32
             * @description Of an image that tells: its height in pixels.
             */
            height?: number | null;
            /**
             * @description What they are, as far as their first bytes tell.
             * @example image/jpeg
             */
            mime: string;
            /**
             * @description Where in the payload they are: a JSON Pointer.
             * @example /image
             */
            path: string;
            /**
             * @description Where they can be fetched, decoded.
             * @example /api/v1/messages/981254/payload?epoch=k3f9&path=%2Fimage
             */
            ref: string;
            /**
             * Format: int32
             * @description Of an image that tells: its width in pixels.
             */
            width?: number | null;
        };
        /** @description The first administrator, and what becomes of everybody else. */
        FirstRun: {
            anonymous?: components["schemas"]["AnonymousAccount"] | null;
            name: string;
            /** Format: password */
            password: string;
        };
        /** @description How many messages went one way. */
        Flow: {
            /**
             * Format: int64
             * @description Of their payloads.
             */
            bytes: number;
            /** Format: int64 */
            messages: number;
            /**
             * Format: double
             * @description Messages a second, over about the last ten seconds.
             */
            rate: number;
        };
        /** @description What this server is. */
        Info: {
            /** @description Which dashboard it carries: `full`, or `fallback` where the full one was not built. */
            dashboard: string;
            /** @description The database that it mirrors into. */
            database: components["schemas"]["DatabaseView"];
            /** @description Names the journal: `seq` compares only within an epoch. */
            epoch: string;
            /** @description How much it takes and gives at a time. */
            limits: components["schemas"]["Limits"];
            /** @description Where MQTT is spoken. */
            mqtt: components["schemas"]["MqttView"];
            /** @description `unspool` */
            name: string;
            /** @description Whether there is no account, so that everybody may do everything. */
            open: boolean;
            /** @description When it started. */
            started_at: components["schemas"]["Timestamp"];
            /** @description Its version. */
            version: string;
        };
        /** @description A token that was just made. */
        IssuedToken: {
            /** @description Names it. */
            id: string;
            /** @description The token. Nobody can read it again. */
            text: string;
        };
        /** @description The journal. */
        JournalView: {
            /**
             * Format: int64
             * @description Its size on disk.
             */
            bytes: number;
            /**
             * Format: int64
             * @description How large it may grow.
             */
            bytes_max: number;
            /**
             * Format: int64
             * @description The last record that is durable.
             */
            durable: number;
            /** @description Whether it takes no more for now. */
            full: boolean;
            /**
             * Format: int64
             * @description The last record.
             */
            head: number;
        };
        /**
         * @description How long history is kept: what exceeds one of the two goes, the oldest first. What is not given
         *     is no limit.
         */
        Keep: {
            /**
             * Format: int64
             * @description How many bytes it may take on the database's disk, indexes included.
             * @example 10737418240
             */
            bytes?: number | null;
            /**
             * Format: int32
             * @description How many days: what is older goes, in partitions of a day, an hour or, where it was long ago
             *     when it came, a month.
             * @example 30
             */
            days?: number | null;
        };
        /** @description A rule that is in force, and where it comes from. */
        KnownRule: {
            changed_at?: components["schemas"]["Timestamp"] | null;
            /** @description By whom. */
            changed_by?: string | null;
            /** @description Whether the configuration file declares it: then it is changed there. */
            declared: boolean;
            rule: components["schemas"]["Rule"];
        };
        /** @description The last message on a topic, and the last value of each of its series. */
        Latest: components["schemas"]["Message"] & {
            /**
             * Format: int64
             * @description How far the payload's own time was ahead of the receipt in its last message that has one, in
             *     milliseconds; negative where it was behind.
             */
            clock_skew_ms?: number | null;
            /**
             * Format: int64
             * @description How many messages the topic has had; absent where the past was asked for.
             */
            messages?: number | null;
            /**
             * Format: double
             * @description Messages a second, over about the last ten seconds; absent where the past was asked for.
             */
            rate?: number | null;
            /** @description The last value of each series. */
            series: components["schemas"]["LatestSeries"][];
            stale_since?: components["schemas"]["Timestamp"] | null;
        };
        /** @description A series and its last value. */
        LatestSeries: {
            /** @description What people call it, where Home Assistant's MQTT discovery or Zigbee2MQTT announce that. */
            description?: string | null;
            /** @description What its values are. */
            kind: components["schemas"]["SeriesKind"];
            /**
             * @description Its JSON Pointer in the payload; empty for the payload itself.
             * @example /motor/temp
             */
            path: string;
            /** @description Event time of the last sample. */
            time: components["schemas"]["Timestamp"];
            /**
             * @description Where the time of its last sample comes from: `receipt`, when its message was received;
             *     `format`, which has a place for it; or the name of the member of the payload that says it.
             * @example timestamp_ms
             */
            time_source: string;
            /** @description The physical unit, where one is known. */
            unit?: string | null;
            value?: components["schemas"]["Value"] | null;
        };
        /**
         * @description What was received is stored, dead-lettered, shed or on its way; counted at the entrance, at the
         *     disk and in the database, so that a loss between them would show.
         */
        Ledger: {
            /**
             * Format: int64
             * @description Messages that are durable, as the journal counts them after each sync: acknowledged, where
             *     their publisher asked for that.
             */
            acknowledged: number;
            /** @description Whether everything received is accounted for. */
            balanced: boolean;
            /**
             * Format: int64
             * @description Messages in the database with something wrong about them, kept raw and shown as dead
             *     letters.
             */
            dead_lettered: number;
            earlier_journal?: components["schemas"]["EarlierJournal"] | null;
            /**
             * Format: int64
             * @description Messages that were in the database until they had been kept long enough.
             */
            expired: number;
            /**
             * Format: int64
             * @description Messages of which nothing is stored, since a rule says so.
             */
            left_out: number;
            /**
             * Format: int64
             * @description Messages that the database will never get: it is empty or an older copy, and the journal no
             *     longer has them.
             */
            missing: number;
            /**
             * Format: int64
             * @description Messages on their way to the disk, not acknowledged yet.
             */
            pending: number;
            /**
             * Format: int64
             * @description Messages that came in: those that were given a place in the journal's order, since it was
             *     created, and those shed.
             */
            received: number;
            /**
             * Format: int64
             * @description Messages that were in the database until somebody removed their topics.
             */
            removed: number;
            /**
             * Format: int64
             * @description QoS 0 messages that were dropped at the entrance while the journal was full, since the
             *     server started. Their publishers were promised nothing.
             */
            shed: number;
            /**
             * Format: int64
             * @description Messages in the database, as the database counts them.
             */
            stored: number;
            /**
             * Format: int64
             * @description Messages that are durable and not yet in the database.
             */
            waiting: number;
        };
        /** @description How much the server takes and gives at a time. */
        Limits: {
            /**
             * Format: double
             * @description Frames a second of one conflated subscription.
             */
            hz: number;
            /** @description Payloads over this are shown by reference. */
            inline_bytes: number;
            /** @description The largest page of messages. */
            messages_page: number;
            /**
             * Format: int32
             * @description The largest MQTT packet, and payload to publish.
             */
            packet_bytes: number;
            /** @description The most points of a plot. */
            points: number;
            /** @description Subscriptions of one live connection. */
            subs: number;
        };
        /** @description Who asks, and what they may do. */
        Me: {
            /** @description Whether the first administrator can be made from where the request comes. */
            first_run: boolean;
            /** @description The name of the account; null for whoever must sign in first. */
            name?: string | null;
            /** @description Whether there is no account at all: everybody may do everything. */
            open: boolean;
            /**
             * @description What decides about topics: all of them must allow what is to be done, so that it can be seen
             *     which one does not. Empty for whoever must sign in first.
             */
            permissions: components["schemas"]["PermissionLayer"][];
            /** @description Whether anything may be published at all. */
            publishes: boolean;
            role?: components["schemas"]["Role"] | null;
            /** @description Whether totals of the whole server may be seen: by whoever may read everything. */
            sees_totals: boolean;
            /** @description Whether it is a browser that is signed in, and may sign out. */
            signed_in: boolean;
        };
        /** @description What is to be known of one member, or of many that are alike. */
        MemberRule: {
            /**
             * Format: double
             * @description By how much a number must have changed to have a sample again. With 0, and for texts, true
             *     and false, it must have changed at all.
             */
            dead_band?: number | null;
            /**
             * Format: double
             * @description The same in percent of the last sample.
             */
            dead_band_percent?: number | null;
            /** @description What people call it. */
            description?: string | null;
            /** @description It is no value. */
            ignore?: boolean;
            /**
             * Format: int32
             * @description After how many seconds there is a sample in any case (3600).
             */
            longest_interval_s?: number | null;
            /**
             * Format: double
             * @description Then this is added (0).
             * @example -40
             */
            offset?: number | null;
            /**
             * @description Where in the payload: a JSON Pointer, in which `*` as a level is any one, and `**` as the
             *     last level everything below.
             * @example /motor/temp
             */
            path: string;
            /**
             * @description The path of its series; for `/a/**` what takes the place of `/a`.
             * @example /temperature
             */
            rename?: string | null;
            /**
             * Format: double
             * @description A number is multiplied by this (1).
             * @example 0.1
             */
            scale?: number | null;
            /**
             * @description What it is measured in.
             * @example °C
             */
            unit?: string | null;
            /**
             * @description The member that says what it is measured in.
             * @example /uom
             */
            unit_member?: string | null;
        };
        /**
         * @description One message, with its payload inline where it is JSON or text of moderate size, else by
         *     reference.
         */
        Message: components["schemas"]["PayloadView"] & {
            /** @description Who published it. */
            client?: string | null;
            /** @description The bytes inside the payload that are no values: images in base64, and byte strings. */
            embedded?: components["schemas"]["Embedded"][];
            /**
             * @description What the payload is read as: `json`, `text`, `line_protocol`, `cbor`, `msgpack`, the MIME
             *     type of an image, or `binary`, which is not read. What it is compressed with stands before
             *     that, with a plus: `gzip`, `deflate` or `zstd`.
             * @example gzip+json
             */
            format?: string | null;
            properties?: components["schemas"]["Properties"] | null;
            /**
             * @description In place of the properties where they are large: how many bytes they are. The message by
             *     itself has them.
             */
            properties_bytes?: number | null;
            /**
             * Format: int32
             * @description The quality of service that it was published with.
             */
            qos: number;
            /** @description Whether it was published as a retained message. */
            retain: boolean;
            /**
             * Format: int64
             * @description Its identity, and its place in the order of everything.
             */
            seq: number;
            /** @description Whether a rule had the payload and the properties left out where it is stored. */
            stripped?: boolean;
            /** @description When the server received it. */
            time: components["schemas"]["Timestamp"];
            /**
             * @description Where it was published to.
             * @example factory/line1/press
             */
            topic: string;
        };
        /** @description What came in and where it went. */
        Messages: components["schemas"]["Ledger"] & {
            /**
             * Format: double
             * @description Messages a second that came in.
             */
            in_rate: number;
            /**
             * Format: double
             * @description Messages a second that went out to MQTT subscribers.
             */
            out_rate: number;
        };
        /** @description The way into the database. */
        MirrorView: {
            /**
             * Format: int64
             * @description Durable records that are not yet in the database.
             */
            backlog: number;
            /**
             * Format: int64
             * @description The last record that is in the database.
             */
            cursor: number;
            /**
             * Format: int64
             * @description Age of the oldest of these.
             */
            lag_ms: number;
            /** @description Whether the database takes what is written. */
            up: boolean;
        };
        /** @description Where MQTT is spoken. */
        MqttView: {
            /** @description TCP. */
            tcp: string;
            /** @description TLS, where it is on. */
            tls?: string | null;
            /** @description WebSocket, a path on the HTTP port. */
            websocket: string;
        };
        /** @description An account that is to be added. */
        NewAccount: {
            client?: components["schemas"]["ClientBinding"] | null;
            disabled?: boolean;
            limits?: components["schemas"]["AccountLimits"];
            name: string;
            /**
             * Format: password
             * @description Without one nobody comes in by a password.
             */
            password?: string | null;
            permissions?: components["schemas"]["PermissionFilters"];
            role: components["schemas"]["Role"];
        };
        /** @description Another password. */
        NewPassword: {
            /**
             * Format: password
             * @description The password until now: for whoever changes their own, and is no administrator.
             */
            current?: string | null;
            /** Format: password */
            password: string;
        };
        /** @description A token that is to be made. */
        NewToken: {
            expires?: components["schemas"]["Timestamp"] | null;
            /** @description Whether it sees metrics and totals, where its account does. */
            metrics?: boolean;
            /** @description What it is for. */
            name: string;
            /** @description Where it may be used, of where its account may. */
            permissions?: components["schemas"]["PermissionFilters"];
            role?: components["schemas"]["Role"] | null;
        };
        /** @description One page of something. */
        Page_AuditEntry: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /** @description Whose account was changed. */
                account: string;
                at: components["schemas"]["Timestamp"];
                /** @description Whose account it was that did it, or the system's user at the command line. */
                by: string;
                /** @description What it is now, as JSON or in words; never a secret. */
                detail?: string | null;
                /** @description From where: an address, the command line, a file. */
                from: string;
                /**
                 * Format: int64
                 * @description Ascends from entry to entry.
                 */
                id: number;
                what: components["schemas"]["AuditedChange"];
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_Client: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /** @description The account that its session belongs to. */
                account: string;
                /** @description Its client identifier. */
                client: string;
                connection?: components["schemas"]["Connection"] | null;
                disconnected_at?: components["schemas"]["Timestamp"] | null;
                /** @description Messages of QoS 1 and 2 that it has not acknowledged. */
                in_flight: number;
                /** @description Messages that wait for it. */
                queued: number;
                /** @description What is held of these in memory, in bytes; the rest is in the journal. */
                queued_bytes: number;
                /** @description Messages from it, as long as the server has known the session. */
                received: components["schemas"]["Flow"];
                /** @description Messages to it. */
                sent: components["schemas"]["Flow"];
                /**
                 * Format: int32
                 * @description How long the session outlives its connection, in seconds: 0 where it ends with it, null where
                 *     it never ends.
                 */
                session_expiry_s?: number | null;
                /** @description How many filters it has subscribed to. */
                subscriptions: number;
                /** @description Where its Will goes, where it has one. */
                will?: string | null;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_ClientClock: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /** @description Its MQTT client identifier. */
                client: string;
                /**
                 * Format: int64
                 * @description How far the newest event time of its last message that has one is ahead of the receipt, in
                 *     milliseconds. Behind may also mean that the message waited; ahead is always a clock.
                 */
                clock_skew_ms: number;
                /** @description When it was received. */
                time: components["schemas"]["Timestamp"];
                /** @description Where that message was published. */
                topic: string;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_DeadLetter: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /** @description What is wrong with it, each kind of defect once. */
                defects: components["schemas"]["Defect"][];
                /** @description Where the message can be fetched as it was received. */
                message: string;
                /**
                 * Format: int64
                 * @description The message's identity.
                 */
                seq: number;
                /** @description When the server received it. */
                time: components["schemas"]["Timestamp"];
                /** @description Where it was published to. */
                topic: string;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_Latest: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: (components["schemas"]["Message"] & {
                /**
                 * Format: int64
                 * @description How far the payload's own time was ahead of the receipt in its last message that has one, in
                 *     milliseconds; negative where it was behind.
                 */
                clock_skew_ms?: number | null;
                /**
                 * Format: int64
                 * @description How many messages the topic has had; absent where the past was asked for.
                 */
                messages?: number | null;
                /**
                 * Format: double
                 * @description Messages a second, over about the last ten seconds; absent where the past was asked for.
                 */
                rate?: number | null;
                /** @description The last value of each series. */
                series: components["schemas"]["LatestSeries"][];
                stale_since?: components["schemas"]["Timestamp"] | null;
            })[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_Message: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: (components["schemas"]["PayloadView"] & {
                /** @description Who published it. */
                client?: string | null;
                /** @description The bytes inside the payload that are no values: images in base64, and byte strings. */
                embedded?: components["schemas"]["Embedded"][];
                /**
                 * @description What the payload is read as: `json`, `text`, `line_protocol`, `cbor`, `msgpack`, the MIME
                 *     type of an image, or `binary`, which is not read. What it is compressed with stands before
                 *     that, with a plus: `gzip`, `deflate` or `zstd`.
                 * @example gzip+json
                 */
                format?: string | null;
                properties?: components["schemas"]["Properties"] | null;
                /**
                 * @description In place of the properties where they are large: how many bytes they are. The message by
                 *     itself has them.
                 */
                properties_bytes?: number | null;
                /**
                 * Format: int32
                 * @description The quality of service that it was published with.
                 */
                qos: number;
                /** @description Whether it was published as a retained message. */
                retain: boolean;
                /**
                 * Format: int64
                 * @description Its identity, and its place in the order of everything.
                 */
                seq: number;
                /** @description Whether a rule had the payload and the properties left out where it is stored. */
                stripped?: boolean;
                /** @description When the server received it. */
                time: components["schemas"]["Timestamp"];
                /**
                 * @description Where it was published to.
                 * @example factory/line1/press
                 */
                topic: string;
            })[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_Redecoding: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /** Format: int64 */
                dead_letters: number;
                /**
                 * Format: int64
                 * @description How many of them had dead letters, and have now.
                 */
                dead_letters_before: number;
                /** @description Why it failed. */
                failure?: string | null;
                /**
                 * @description Of which topics.
                 * @example factory/line1/#
                 */
                filter: string;
                finished_at?: components["schemas"]["Timestamp"] | null;
                from?: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: int64
                 * @description From this `seq` on.
                 */
                from_seq: number;
                /** Format: int32 */
                id: number;
                /**
                 * Format: int64
                 * @description How many messages are decoded again so far.
                 */
                messages: number;
                requested_at: components["schemas"]["Timestamp"];
                requested_by: string;
                /** Format: int64 */
                samples: number;
                /**
                 * Format: int64
                 * @description How many samples these had, and have now.
                 */
                samples_before: number;
                state: components["schemas"]["RedecodingStateView"];
                /**
                 * Format: int64
                 * @description How many topics it is for, and how many are done.
                 */
                topics: number;
                /** Format: int64 */
                topics_done: number;
                /**
                 * Format: int64
                 * @description No message behind this `seq` is decoded again.
                 */
                up_to: number;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_Removal: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /**
                 * Format: int64
                 * @description Payload bytes of these messages.
                 */
                bytes: number;
                /**
                 * Format: int64
                 * @description How many dead letters.
                 */
                dead_letters: number;
                /**
                 * @description Which topics.
                 * @example factory/old/#
                 */
                filter: string;
                finished_at?: components["schemas"]["Timestamp"] | null;
                /** Format: int32 */
                id: number;
                /**
                 * Format: int64
                 * @description How many messages are deleted so far.
                 */
                messages: number;
                /**
                 * Format: int64
                 * @description How many messages these had.
                 */
                messages_found: number;
                requested_at: components["schemas"]["Timestamp"];
                /**
                 * Format: int64
                 * @description How many decoded samples.
                 */
                samples: number;
                state: components["schemas"]["RemovalStateView"];
                /**
                 * Format: int64
                 * @description How many topics have been taken out.
                 */
                topics: number;
                /**
                 * Format: int64
                 * @description No message behind this `seq` is removed.
                 */
                up_to: number;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description One page of something. */
        Page_Topic: {
            /**
             * Format: int64
             * @description What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
             *     samples and dead letters are shown up to it, and nothing later. Of last values, topics and
             *     places in the tree, each that had a message up to it is in one of the pages, once, as it was
             *     when that page was made: then or later, as its own `seq` tells. What came since is in
             *     `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
             *     and for whoever may not read everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description What was asked for. */
            items: {
                /**
                 * Format: int64
                 * @description Payload bytes of all its messages.
                 */
                bytes: number;
                /**
                 * Format: int64
                 * @description How far the payload's own time was ahead of the receipt in its last message that has one, in
                 *     milliseconds; negative where it was behind.
                 */
                clock_skew_ms?: number | null;
                /** @description When its first message was received. */
                first_seen: components["schemas"]["Timestamp"];
                /** @description When its last message was received. */
                last_seen: components["schemas"]["Timestamp"];
                /**
                 * Format: int64
                 * @description How many messages it has had.
                 */
                messages: number;
                /**
                 * Format: double
                 * @description Messages a second, over about the last ten seconds.
                 */
                rate: number;
                /**
                 * Format: int64
                 * @description Its last message.
                 */
                seq: number;
                /** @description Its series. */
                series: components["schemas"]["TopicSeries"][];
                /**
                 * @description Its name.
                 * @example factory/line1/press
                 */
                topic: string;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
        };
        /** @description A payload: inline, or what to fetch it by. */
        PayloadView: {
            /** @description The payload, a JSON value or a text. */
            payload: unknown;
        } | {
            /** @description Its length. */
            bytes: number;
            /** @description Of an image that tells: its height in pixels. */
            height?: number;
            /**
             * @description What the payload is.
             * @example image/jpeg
             */
            mime: string;
            /**
             * @description Where it can be fetched.
             * @example /api/v1/messages/981254/payload?epoch=k3f9
             */
            ref: string;
            /** @description Of an image that tells: its width in pixels. */
            width?: number;
        };
        /**
         * @description Filters of topics, as an account declares them. `%u` stands for the account's name and `%c` for
         *     the MQTT client identifier; what is denied is denied, whatever else allows it.
         */
        PermissionFilters: {
            /**
             * @description Where messages may not be seen.
             * @default []
             */
            deny_read: string[];
            /**
             * @description Where may not be published.
             * @default []
             */
            deny_write: string[];
            /**
             * @description Where messages may be seen; what the role says where it is absent.
             * @default null
             */
            read: string[] | null;
            /**
             * @description Where may be published; what the role says where it is absent.
             * @default null
             */
            write: string[] | null;
        };
        /** @description One of those that decide; what all of them allow may be done. */
        PermissionLayer: {
            /** @description As they are configured. */
            configured: components["schemas"]["PermissionFilters"];
            /**
             * @description What they come to over HTTP: with the account's name in the place of `%u`, without those that
             *     need an MQTT client identifier for `%c`, and with what the role says where nothing is
             *     configured.
             */
            named: components["schemas"]["PermissionFilters"];
            of: components["schemas"]["PermissionsOf"];
        };
        /**
         * @description Whose permissions they are.
         * @enum {string}
         */
        PermissionsOf: "account" | "token";
        /** @description The body of every answer that is an error (RFC 9457). */
        Problem: {
            /**
             * @description What is wrong in this case.
             * @example filter: '#' must be the last level, and stand alone in it
             */
            detail: string;
            /**
             * @description The parameter that is wrong.
             * @example filter
             */
            parameter?: string | null;
            /** @description By which the server's log knows the request; where the cause is the server's. */
            request_id?: string | null;
            /**
             * Format: int32
             * @description The HTTP status.
             * @example 400
             */
            status: number;
            /**
             * @description The same for every problem of the kind.
             * @example Not a topic filter
             */
            title: string;
            /**
             * @description What kind of problem; a stable URI, relative to the server.
             * @example /problems/bad-filter
             */
            type: string;
        };
        /** @description The MQTT 5 properties that travel with a message. */
        Properties: {
            /** @description What the publisher calls its content. */
            content_type?: string | null;
            /** @description What an answer is to be marked with, in base64. */
            correlation_data?: string | null;
            /**
             * Format: int32
             * @description How long after its receipt the message may still be delivered, in seconds.
             */
            message_expiry_s?: number | null;
            /** @description Where an answer is expected. */
            response_topic?: string | null;
            /** @description Name and value pairs, in their order. */
            user?: string[][];
        };
        /** @description One message, or many. */
        PublishAnswer: components["schemas"]["Published"] | components["schemas"]["PublishedAll"];
        /** @description What was published. */
        Published: {
            /**
             * Format: int64
             * @description The message's identity.
             */
            seq: number;
            /** @description Where to. */
            topic: string;
        };
        /** @description What was published, message by message, in the order in which it came. */
        PublishedAll: {
            /** @description How many messages. */
            count: number;
            /** @description The identity of each. */
            seqs: number[];
        };
        /** @description What a server that takes messages says. */
        Ready: components["schemas"]["Unmirrored"] & {
            /**
             * @description Whether the database takes what is written. Messages are taken without it, too: they wait
             *     in the journal.
             */
            database: boolean;
            /** @description Always `ready`; else the answer is a problem. */
            status: string;
        };
        /** @description Messages that are decoded again. */
        Redecoding: {
            /** Format: int64 */
            dead_letters: number;
            /**
             * Format: int64
             * @description How many of them had dead letters, and have now.
             */
            dead_letters_before: number;
            /** @description Why it failed. */
            failure?: string | null;
            /**
             * @description Of which topics.
             * @example factory/line1/#
             */
            filter: string;
            finished_at?: components["schemas"]["Timestamp"] | null;
            from?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description From this `seq` on.
             */
            from_seq: number;
            /** Format: int32 */
            id: number;
            /**
             * Format: int64
             * @description How many messages are decoded again so far.
             */
            messages: number;
            requested_at: components["schemas"]["Timestamp"];
            requested_by: string;
            /** Format: int64 */
            samples: number;
            /**
             * Format: int64
             * @description How many samples these had, and have now.
             */
            samples_before: number;
            state: components["schemas"]["RedecodingStateView"];
            /**
             * Format: int64
             * @description How many topics it is for, and how many are done.
             */
            topics: number;
            /** Format: int64 */
            topics_done: number;
            /**
             * Format: int64
             * @description No message behind this `seq` is decoded again.
             */
            up_to: number;
        };
        /**
         * @description How far decoding again has come.
         * @enum {string}
         */
        RedecodingStateView: "waiting" | "running" | "done" | "cancelled" | "failed";
        /**
         * @description What was left out, and how.
         * @enum {string}
         */
        Reduction: "none" | "min_max" | "buckets";
        /** @description Topics that somebody removed. */
        Removal: {
            /**
             * Format: int64
             * @description Payload bytes of these messages.
             */
            bytes: number;
            /**
             * Format: int64
             * @description How many dead letters.
             */
            dead_letters: number;
            /**
             * @description Which topics.
             * @example factory/old/#
             */
            filter: string;
            finished_at?: components["schemas"]["Timestamp"] | null;
            /** Format: int32 */
            id: number;
            /**
             * Format: int64
             * @description How many messages are deleted so far.
             */
            messages: number;
            /**
             * Format: int64
             * @description How many messages these had.
             */
            messages_found: number;
            requested_at: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description How many decoded samples.
             */
            samples: number;
            state: components["schemas"]["RemovalStateView"];
            /**
             * Format: int64
             * @description How many topics have been taken out.
             */
            topics: number;
            /**
             * Format: int64
             * @description No message behind this `seq` is removed.
             */
            up_to: number;
        };
        /** @description What would be removed. */
        RemovalPlan: {
            /**
             * Format: int64
             * @description Payload bytes of these.
             */
            bytes: number;
            /**
             * Format: int64
             * @description How many dead letters.
             */
            dead_letters: number;
            /**
             * @description The filter that was asked with.
             * @example factory/old/#
             */
            filter: string;
            /**
             * Format: int64
             * @description How many messages.
             */
            messages: number;
            /** @description The first of the topics, by name; `/topics` has them all. */
            names: string[];
            /**
             * Format: int64
             * @description How many retained messages. These stay: whoever wants to be rid of them publishes an empty
             *     one with `retain`, before the topics are removed.
             */
            retained: number;
            /**
             * Format: int64
             * @description How many decoded samples.
             */
            samples: number;
            /**
             * Format: int64
             * @description How many series these have.
             */
            series: number;
            /**
             * Format: int64
             * @description How many topics it names.
             */
            topics: number;
        };
        /**
         * @description How far a removal has come.
         * @enum {string}
         */
        RemovalStateView: "waiting" | "detaching" | "deleting" | "done";
        /**
         * @description What an account is for. A role bounds what its permissions can give, and says what holds where
         *     there are none.
         * @enum {string}
         */
        Role: "administrator" | "operator" | "viewer" | "device";
        /**
         * @description What is stored of the messages on some topics, and how they are read. What is not given is as it
         *     is without a rule.
         */
        Rule: {
            /** @description What the items of arrays become (series). */
            arrays?: components["schemas"]["ArrayForm"];
            /**
             * Format: mqtt-filter
             * @description Which topics: an MQTT topic filter. Of several rules that name a topic the most specific
             *     one counts: from the left, a name goes before `+`, and `+` before `#`.
             * @example factory/+/press/#
             */
            filter: string;
            format?: components["schemas"]["ToldFormat"] | null;
            /** @description What it says then (true, 192 and "good", whatever its case). */
            good?: unknown[];
            keep_messages?: components["schemas"]["Keep"] | null;
            keep_rollups?: components["schemas"]["Keep"] | null;
            keep_samples?: components["schemas"]["Keep"] | null;
            /** @description What is to be known of single members. Of several that name one, the first counts. */
            members?: components["schemas"]["MemberRule"][];
            /**
             * Format: int64
             * @description A payload of more bytes is stored as it is, and not read.
             */
            payload_bytes_max?: number | null;
            /**
             * @description The member that says whether the values are good. Values that are not have no samples; the
             *     member itself has.
             * @example /quality
             */
            quality?: string | null;
            /**
             * Format: int32
             * @description How many samples one message has at most; the first ones count.
             */
            samples_max?: number | null;
            /**
             * Format: int32
             * @description How many series one topic may have, in the place of `series_max` of the server.
             */
            series_max?: number | null;
            /** @description What of the messages is stored (all). */
            store?: components["schemas"]["StoredParts"];
            /**
             * @description When the values were true: what the member at this JSON Pointer says, or `receipt`, whatever
             *     the payload says. The member is no value.
             * @example /header/at
             */
            time?: string | null;
            /**
             * @description How such a time is written, in the notation of strptime; RFC 3339 and numbers need none.
             * @example %d.%m.%Y %H:%M:%S
             */
            time_format?: string | null;
            /**
             * @description The IANA time zone of such times that are texts without one (UTC).
             * @example Europe/Berlin
             */
            time_zone?: string | null;
            /**
             * @description The member that is the value: its series has the empty path, and what is below it has its
             *     path from there. Of the others only those are values that `members` name.
             * @example /value
             */
            value?: string | null;
        };
        /** @description What a rule touches, and what it makes of the last messages. */
        RuleTrial: {
            /** @description About how many bytes the messages below take in the database. */
            bytes: components["schemas"]["TrialBytes"];
            bytes_per_day?: components["schemas"]["TrialBytes"] | null;
            /** @description What becomes of the last messages, the newest first. */
            messages: components["schemas"]["TriedMessage"][];
            /**
             * Format: double
             * @description How fast messages come on them now.
             */
            messages_per_s: number;
            /** @description The first of the topics, by name. */
            names: string[];
            /**
             * Format: int64
             * @description How many series these have.
             */
            series: number;
            /**
             * Format: int64
             * @description How many topics it is for: those that its filter names and no more specific rule.
             */
            topics: number;
        };
        /** @description All rules. */
        Rules: {
            /** @description The most specific first: of those that name a topic, the first counts. */
            items: components["schemas"]["KnownRule"][];
        };
        /** @description Samples, series by series. */
        SampleSetView: {
            /**
             * Format: int64
             * @description Every message up to and with this one is in the answer. Absent for whoever may not read
             *     everything.
             */
            complete_to?: number | null;
            /**
             * Format: double
             * @description The width of the buckets in milliseconds, about, where they are the calendar's; null where
             *     the samples are raw.
             */
            every_ms?: number | null;
            /** @description Event time at or after. */
            from: components["schemas"]["Timestamp"];
            kept_from?: components["schemas"]["Timestamp"] | null;
            reduction: components["schemas"]["Reduction"];
            /** @description The series, by topic and path. */
            series: components["schemas"]["SeriesSamples"][];
            /** @description Event time before. */
            to: components["schemas"]["Timestamp"];
            /** @description Whether there are more series, or more samples in one, than the answer has. */
            truncated: boolean;
        };
        SamplesAnswer: components["schemas"]["SampleSetView"] | {
            [key: string]: unknown;
        }[];
        /**
         * @description What the values of a series are.
         * @enum {string}
         */
        SeriesKind: "number" | "bool" | "text" | "mixed";
        /** @description The samples of one series. */
        SeriesSamples: {
            /**
             * @description The last sample before `from`, which holds from there on: its time and its value. Null where
             *     there is none.
             */
            before?: unknown[] | null;
            /**
             * @description What the columns of a row are: time and value, or of buckets time and the aggregates that were
             *     asked for. `integral` is each number times the seconds that it held within the bucket, from `from`
             *     on where there is a sample before that: of watts it is joules, of a switch for how long it was on,
             *     and divided by `seconds` the mean over time. `states` says for how many seconds each state held.
             */
            columns: string[];
            /** @description What people call it, where Home Assistant's MQTT discovery or Zigbee2MQTT announce that. */
            description?: string | null;
            /** @description What its values are. */
            kind: components["schemas"]["SeriesKind"];
            /** @description Its JSON Pointer in the payload; empty for the payload itself. */
            path: string;
            /**
             * @description By time; times are milliseconds since 1970. Booleans count as 1 and 0. What has no sample
             *     has no row.
             */
            rows: unknown[][];
            /**
             * @description Where the time of its last sample comes from: `receipt`, when its message was received;
             *     `format`, which has a place for it; or the name of the member of the payload that says it.
             * @example timestamp_ms
             */
            time_source: string;
            /** @description Its topic. */
            topic: string;
            /** @description The physical unit, where one is known. */
            unit?: string | null;
        };
        /** @description A name and a password. */
        SignInRequest: {
            name: string;
            /** Format: password */
            password: string;
        };
        /** @description How the server is doing. */
        Status: components["schemas"]["Totals"] & {
            /** @description The server's clock. */
            now: components["schemas"]["Timestamp"];
            /** @description Whether it takes messages. */
            ready: boolean;
            /**
             * Format: int64
             * @description Series of these.
             */
            series: number;
            /**
             * Format: int64
             * @description Topics known, of those that may be read.
             */
            topics: number;
            /**
             * Format: int64
             * @description Seconds since it started.
             */
            uptime_s: number;
        };
        /** @description What history takes, and how long it is kept. */
        Storage: {
            /**
             * Format: int64
             * @description What all of it takes on the database's disk, indexes included.
             */
            bytes: number;
            /**
             * Format: int64
             * @description Of these: topics, series and everything else.
             */
            catalog_bytes: number;
            /**
             * Format: int64
             * @description Of these: dead letters.
             */
            dead_letters_bytes: number;
            /**
             * Format: int64
             * @description What is free on the disk of the embedded database; absent for another one.
             */
            free_bytes?: number | null;
            /**
             * Format: double
             * @description How much is sealed in a day, as it was in the last seven; absent where it is too early to say.
             */
            growth_bytes_per_day?: number | null;
            /**
             * Format: int64
             * @description Of these: new messages with their samples, which are sealed later.
             */
            hot_bytes: number;
            /**
             * @description How long everything is kept that no rule speaks of, and how much all of it may take
             *     (`keep_days`, `keep_bytes`).
             */
            keep: components["schemas"]["Keep"];
            /**
             * Format: double
             * @description For how many days the disk lasts at this rate; absent where nothing will fill it, or where
             *     it is not known.
             */
            lasts_days?: number | null;
            measured_at: components["schemas"]["Timestamp"];
            /**
             * @description Of these: what is sealed. First what no rule speaks of, then what rules keep for a time of
             *     its own.
             */
            parts: components["schemas"]["StoragePart"][];
        };
        /**
         * @description What is sealed: messages by the time of receipt, samples, and what they come to by hour and day, by
         *     that of the event.
         * @enum {string}
         */
        StorageKind: "messages" | "samples" | "rollups";
        /** @description What is sealed of one kind, and how long it is kept. */
        StoragePart: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: double
             * @description What one message, or one sample, takes on average, indexes included, in the newest part that is
             *     over; absent of rollups, and where that is not known yet.
             */
            bytes_each?: number | null;
            /** @description The filter of the rule that it is for; absent for all that no rule speaks of. */
            filter?: string | null;
            keep?: components["schemas"]["Keep"] | null;
            kept_from?: components["schemas"]["Timestamp"] | null;
            kind: components["schemas"]["StorageKind"];
            /**
             * Format: int64
             * @description How many parts it is in. The oldest goes as a whole.
             */
            partitions: number;
        };
        /**
         * @description What of a message is stored.
         * @enum {string}
         */
        StoredParts: "all" | "messages" | "samples" | "nothing";
        /** @description What a client has subscribed to. */
        Subscription: {
            /** @example factory/# */
            filter: string;
            /**
             * Format: int32
             * @description Its subscription identifier.
             */
            id?: number | null;
            /** @description Whether its own messages are left out. */
            no_local: boolean;
            /**
             * Format: int32
             * @description The greatest quality of service that is wanted.
             */
            qos: number;
            /** @description Whether messages keep the flag with which they were published. */
            retain_as_published: boolean;
            /** @description The name of the share, where it is shared with other clients. */
            share?: string | null;
        };
        /** @description What opens one WebSocket. */
        Ticket: {
            /** @description To be given as `ticket` in the query string. */
            ticket: string;
        };
        /** Format: date-time */
        Timestamp: string;
        /** @description A token, without its secret. */
        TokenState: {
            created?: components["schemas"]["Timestamp"] | null;
            expires?: components["schemas"]["Timestamp"] | null;
            id: string;
            metrics: boolean;
            name: string;
            permissions: components["schemas"]["PermissionFilters"];
            role?: components["schemas"]["Role"] | null;
        };
        /**
         * @description A format that somebody who knows them says the payloads of a topic are of.
         * @enum {string}
         */
        ToldFormat: "json" | "text" | "line_protocol" | "cbor" | "msgpack" | "binary";
        /** @description A topic in the dictionary. */
        Topic: {
            /**
             * Format: int64
             * @description Payload bytes of all its messages.
             */
            bytes: number;
            /**
             * Format: int64
             * @description How far the payload's own time was ahead of the receipt in its last message that has one, in
             *     milliseconds; negative where it was behind.
             */
            clock_skew_ms?: number | null;
            /** @description When its first message was received. */
            first_seen: components["schemas"]["Timestamp"];
            /** @description When its last message was received. */
            last_seen: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description How many messages it has had.
             */
            messages: number;
            /**
             * Format: double
             * @description Messages a second, over about the last ten seconds.
             */
            rate: number;
            /**
             * Format: int64
             * @description Its last message.
             */
            seq: number;
            /** @description Its series. */
            series: components["schemas"]["TopicSeries"][];
            /**
             * @description Its name.
             * @example factory/line1/press
             */
            topic: string;
        };
        /** @description A series of a topic. */
        TopicSeries: {
            /** @description What people call it, where Home Assistant's MQTT discovery or Zigbee2MQTT announce that. */
            description?: string | null;
            /** @description What its values are. */
            kind: components["schemas"]["SeriesKind"];
            /**
             * @description Its JSON Pointer in the payload; empty for the payload itself.
             * @example /motor/temp
             */
            path: string;
            /**
             * @description Where the time of its last sample comes from: `receipt`, when its message was received;
             *     `format`, which has a place for it; or the name of the member of the payload that says it.
             * @example timestamp_ms
             */
            time_source: string;
            /** @description The physical unit, where one is known. */
            unit?: string | null;
        };
        /** @description What the whole server comes to; nothing for whoever may not read everything. */
        Totals: {
            /**
             * Format: int64
             * @description MQTT clients that are connected.
             */
            clients?: number | null;
            /**
             * Format: int64
             * @description Size of the database; null while it can't be reached.
             */
            database_bytes?: number | null;
            journal?: components["schemas"]["JournalView"] | null;
            messages?: components["schemas"]["Messages"] | null;
            mirror?: components["schemas"]["MirrorView"] | null;
            /**
             * Format: int64
             * @description Topics with a retained message.
             */
            retained?: number | null;
            /**
             * Format: int64
             * @description MQTT sessions, connected or not.
             */
            sessions?: number | null;
            /**
             * Format: int64
             * @description Subscriptions of all sessions.
             */
            subscriptions?: number | null;
        };
        /** @description The children of one place in the topic tree. */
        Tree: {
            /**
             * Format: int64
             * @description Each child that had a message up to this `seq` is in one of the pages, once, as it was when
             *     that page was made, then or later. The same in all of them. Absent for whoever may not read
             *     everything.
             * @example 981254
             */
            complete_to?: number | null;
            /** @description Its children by name. */
            items: components["schemas"]["TreeNode"][];
            /** @description The `cursor` of the next page; null on the last one. */
            next?: string | null;
            /** @description The place that was asked for. */
            path: string;
        };
        /** @description A place in the topic tree. */
        TreeNode: {
            /**
             * Format: int64
             * @description How many children it has.
             */
            children: number;
            /** @description When the last of these was received. */
            last_seen: components["schemas"]["Timestamp"];
            latest?: components["schemas"]["Latest"] | null;
            /**
             * Format: int64
             * @description How many messages these have had.
             */
            messages: number;
            /** @description The last level of its path. */
            name: string;
            /** @description The whole path. */
            path: string;
            /**
             * Format: double
             * @description Their messages a second, over about the last ten seconds.
             */
            rate: number;
            /**
             * Format: int64
             * @description How many topics there are at and below it.
             */
            topics: number;
        };
        /** @description Bytes without the rule, or with the one that is in force, and with the rule. */
        TrialBytes: {
            /** Format: int64 */
            after: number;
            /** Format: int64 */
            before: number;
        };
        /** @description One message, as it is stored now and as it would be. */
        TriedMessage: {
            after: components["schemas"]["TriedParts"];
            before: components["schemas"]["TriedParts"];
            /** Format: int64 */
            seq: number;
            time: components["schemas"]["Timestamp"];
            topic: string;
        };
        /** @description What of a message is stored. */
        TriedParts: {
            /** @description What it is read as. */
            format: string;
            /** @description The first of them. */
            samples: components["schemas"]["TriedSample"][];
            /** @description How many samples it has. */
            samples_count: number;
            store: components["schemas"]["StoredParts"];
        };
        /** @description A sample that a message has. */
        TriedSample: {
            description?: string | null;
            path: string;
            time: components["schemas"]["Timestamp"];
            unit?: string | null;
            value: components["schemas"]["Value"];
        };
        /** @description What is not in the database. */
        Unmirrored: {
            /**
             * Format: int64
             * @description Durable records that are not yet in the database.
             */
            backlog?: number | null;
            earlier_journal?: components["schemas"]["EarlierJournal"] | null;
            /**
             * Format: int64
             * @description Age of the oldest of these.
             */
            lag_ms?: number | null;
            /**
             * Format: int64
             * @description Messages that the database will never get: it is empty or an older copy, and the journal no
             *     longer has them.
             */
            missing?: number | null;
        };
        /** @description The value of one sample. A number of more digits than a double holds keeps them all. */
        Value: boolean | number | string;
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    accounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accounts"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccount"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountState"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountState"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account, or no such token of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account, or no such token of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountState"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account, or no such token of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account, or no such token of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    issue_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account, or no such token of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                name: string;
                /** @description The token's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account, or no such token of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit: {
        parameters: {
            query?: {
                /** @description The `next` of the page before */
                cursor?: number;
                /** @description At most so many (100) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditEntry"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clients: {
        parameters: {
            query?: {
                /** @description Those whose identifier contains this, whatever its case */
                q?: string;
                /** @description Only those that are connected, or that are not */
                connected?: boolean;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description At most so many (100) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Client"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    client: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its identifier, percent-encoded */
                client: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientDetails"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such client */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disconnect_client: {
        parameters: {
            query?: {
                /** @description Whether its session ends too, with what it had subscribed to and what waits for it (false) */
                end_session?: boolean;
            };
            header?: never;
            path: {
                /** @description Its identifier, percent-encoded */
                client: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Disconnected"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such client */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clocks: {
        parameters: {
            query?: {
                /** @description At most so many (100) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ClientClock"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dead_letters: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /**
                 * @description Only those with this kind of defect
                 * @example not_json
                 */
                defect?: components["schemas"]["DefectCode"];
                /**
                 * @description `desc`, newest first, or `asc`
                 * @example desc
                 */
                order?: "asc" | "desc";
                /** @description At most so many (100) */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_DeadLetter"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dead_letters_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** Format: cursor */
                    cursor?: string;
                    defect?: components["schemas"]["DefectCode"];
                    /** Format: mqtt-filter */
                    filter?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** @enum {string} */
                    order?: "asc" | "desc";
                };
                "application/x-www-form-urlencoded": {
                    /** Format: cursor */
                    cursor?: string;
                    defect?: components["schemas"]["DefectCode"];
                    /** Format: mqtt-filter */
                    filter?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** @enum {string} */
                    order?: "asc" | "desc";
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_DeadLetter"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    first_run: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FirstRun"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    info: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Info"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    latest: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /**
                 * @description As it was at that time: the last value of each series by event time, as is known now,
                 *     whenever it came
                 * @example now-1h
                 */
                at?: string;
                /**
                 * @description As it was known at that time: the last value of each series by receipt
                 * @example now-1h
                 */
                as_of?: string;
                /**
                 * @description The time zone of dates and local times (UTC)
                 * @example Europe/Berlin
                 */
                tz?: string;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description At most so many topics (1000) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Latest"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    latest_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** Format: instant */
                    as_of?: string;
                    /** Format: instant */
                    at?: string;
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: mqtt-filter */
                    filter?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** Format: time-zone */
                    tz?: string;
                };
                "application/x-www-form-urlencoded": {
                    /** Format: instant */
                    as_of?: string;
                    /** Format: instant */
                    at?: string;
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: mqtt-filter */
                    filter?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** Format: time-zone */
                    tz?: string;
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Latest"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ledger: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ledger"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    messages: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /**
                 * @description Received at or after: RFC 3339, a date or local time, today, relative to now, or
                 *     seconds, milliseconds, microseconds or nanoseconds since 1970 (now-1h)
                 * @example now-6h
                 */
                from?: string;
                /**
                 * @description Received before (no end)
                 * @example now
                 */
                to?: string;
                /**
                 * @description What was received about when this message was: its `seq`
                 * @example 981254
                 */
                around?: number;
                /**
                 * @description How long before and after it (5s)
                 * @example 5s
                 */
                within?: string;
                /**
                 * @description The time zone of dates and local times, in which days, weeks and months begin (UTC)
                 * @example Europe/Berlin
                 */
                tz?: string;
                /**
                 * @description `desc`, newest first, or `asc`
                 * @example desc
                 */
                order?: "asc" | "desc";
                /**
                 * @description At most so many: 100 where it is absent, and no more than 1000; in NDJSON and CSV all of
                 *     them, and as many as you like
                 */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                /**
                 * @description `json`, or streamed `ndjson` or `csv`; the `Accept` header does as well
                 * @example json
                 */
                format?: "json" | "ndjson" | "csv" | "csv-safe";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Message"];
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    messages_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** Format: int64 */
                    around?: number;
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: mqtt-filter */
                    filter?: string;
                    /**
                     * @description How an answer is written.
                     * @enum {string}
                     */
                    format?: "json" | "ndjson" | "csv" | "csv-safe";
                    /** Format: instant */
                    from?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** @enum {string} */
                    order?: "asc" | "desc";
                    /** Format: instant */
                    to?: string;
                    /** Format: time-zone */
                    tz?: string;
                    /** Format: duration-text */
                    within?: string;
                };
                "application/x-www-form-urlencoded": {
                    /** Format: int64 */
                    around?: number;
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: mqtt-filter */
                    filter?: string;
                    /**
                     * @description How an answer is written.
                     * @enum {string}
                     */
                    format?: "json" | "ndjson" | "csv" | "csv-safe";
                    /** Format: instant */
                    from?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** @enum {string} */
                    order?: "asc" | "desc";
                    /** Format: instant */
                    to?: string;
                    /** Format: time-zone */
                    tz?: string;
                    /** Format: duration-text */
                    within?: string;
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Message"];
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The message's identity */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    payload: {
        parameters: {
            query?: {
                /**
                 * @description The epoch that the address was given in: with it the answer may be kept for ever, and
                 *     in another epoch there is no such message
                 * @example k3f9
                 */
                epoch?: string;
                /**
                 * @description Not the payload, but the bytes inside it at this JSON Pointer: an image that is a text
                 *     in base64, decoded, or a byte string. They are in the message's `embedded`
                 * @example /image
                 */
                path?: string;
            };
            header?: never;
            path: {
                /** @description The message's identity */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The raw bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    thumbnail: {
        parameters: {
            query?: {
                /**
                 * @description The epoch that the address was given in: with it the answer may be kept for ever, and
                 *     in another epoch there is no such message
                 * @example k3f9
                 */
                epoch?: string;
                /**
                 * @description Of the image inside the payload at this JSON Pointer, as in the message's `embedded`;
                 *     of the payload itself where it is absent
                 * @example /image
                 */
                path?: string;
                /** @description The longer side in pixels: 160 where it is absent. A smaller image stays as it is */
                size?: number;
            };
            header?: never;
            path: {
                /** @description The message's identity */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": unknown;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publish: {
        parameters: {
            query?: {
                /**
                 * @description The topic; in NDJSON and in a form each message may have its own
                 * @example factory/line1/press
                 */
                topic?: string;
                /** @description Quality of service towards the subscribers (1) */
                qos?: number;
                /** @description Whether the message is kept for those who subscribe later (false) */
                retain?: boolean;
            };
            header?: {
                /** @description What makes the request one and the same when it is sent again */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The payload, whatever it is; or messages as `application/x-ndjson` or `multipart/form-data` */
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublishAnswer"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redecodings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Redecoding"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decode_again: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter of the messages (`#`). Write `#` as `%23`, `+` as `%2B`
                 * @example factory/line1/%23
                 */
                filter?: string;
                /**
                 * @description Those received at or after
                 * @example -7d
                 */
                from?: string;
                /** @description Those from this `seq` on */
                from_seq?: number;
                /**
                 * @description The time zone of dates and local times in `from` (UTC)
                 * @example Europe/Berlin
                 */
                tz?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It will be done */
            202: {
                headers: {
                    /** @description Where to look how far it has come */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redecoding"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redecoding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which one */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redecoding"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that is or was decoded again */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_redecoding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which one */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redecoding"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that is or was decoded again */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removals: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Removal"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which one */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removal"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such removal */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retained: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description At most so many (100) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Message"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retain: {
        parameters: {
            query: {
                /**
                 * @description The topic
                 * @example factory/line1/setpoint
                 */
                topic: string;
                /** @description Quality of service towards the subscribers (1) */
                qos?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description The payload, whatever it is, but not empty */
        requestBody: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Published"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clear_retained: {
        parameters: {
            query: {
                /**
                 * @description MQTT topic filter. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/old/#
                 */
                filter: string;
                /** @description Only say what would be cleared (false) */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClearedRetained"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restore_retained: {
        parameters: {
            query: {
                /**
                 * @description The message that is to be retained again: its `seq`
                 * @example 981254
                 */
                seq: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Published"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_rule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rule"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownRule"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_rule: {
        parameters: {
            query: {
                /**
                 * @description Its filter. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/%2B/press/%23
                 */
                filter: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    try_rule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rule"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleTrial"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    samples: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/line1/press
                 */
                filter?: string;
                /**
                 * @description A series: its JSON Pointer in the payload, empty for the payload itself; all series
                 *     where it is absent
                 * @example /temp
                 */
                path?: string;
                /**
                 * @description Event time at or after (now-1h)
                 * @example now-6h
                 */
                from?: string;
                /**
                 * @description Event time before (now)
                 * @example now
                 */
                to?: string;
                /**
                 * @description For a plot of about so many points: raw where there are no more, else buckets, whose least
                 *     and greatest numbers keep its peaks (2000)
                 */
                points?: number;
                /**
                 * @description The time zone of dates and local times, in which days, weeks and months begin (UTC)
                 * @example Europe/Berlin
                 */
                tz?: string;
                /**
                 * @description Buckets of this width: 30s, 1m, 6h; days (1d), weeks from Monday (1w), months (1mo) and
                 *     years (1y) are those of the calendar in `tz`
                 * @example 1m
                 */
                every?: string;
                /**
                 * @description Buckets begin so much later: days at six with 6h, shifts with every=8h. Less than `every`
                 * @example 6h
                 */
                offset?: string;
                /**
                 * @description What to tell of each bucket, with commas between: count, min, max, avg (or mean), sum, first,
                 *     last, range, delta (from the number before the bucket to its last), increase (of a counter that
                 *     may restart) and rate (increase a second), stddev, median and percentiles (p95, p99.9), integral
                 *     and seconds, `time_weighted` (the mean over time; a number holds until the next),
                 *     `time_weighted_linear` (on straight lines between numbers), interpolated (at the bucket's start),
                 *     states (seconds of each), transitions (how often the value changed), above and below (seconds
                 *     beyond `threshold`). Without `every` and `points`: of the whole time as one bucket
                 * @example mean,p95
                 */
                agg?: string;
                /** @description What to tell of buckets without samples (none) */
                fill?: "none" | "null" | "previous" | "linear";
                /**
                 * @description For above and below
                 * @example 80
                 */
                threshold?: number;
                /**
                 * @description For increase and rate: where the counter goes on from 0. Without it, a number that is less than
                 *     the one before is a restart
                 * @example 65536
                 */
                wrap?: number;
                /** @description Every sample */
                raw?: boolean;
                /** @description At most so many raw samples of each series (20000), or of all where they are streamed */
                limit?: number;
                /**
                 * @description `json`, or `ndjson`, `csv` or `csv-safe` (without formulas); the `Accept` header does as
                 *     well
                 * @example json
                 */
                format?: "json" | "ndjson" | "csv" | "csv-safe";
                /**
                 * @description `series`: one after the other, with what is known of each (in JSON, where nothing is said).
                 *     `rows`: each row by itself, with its topic and path; raw ones are streamed. `wide`: one column
                 *     of times, and a column for each series
                 */
                shape?: "series" | "rows" | "wide";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SamplesAnswer"];
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    samples_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** Format: aggregates */
                    agg?: string;
                    /** Format: duration-text */
                    every?: string;
                    /**
                     * @description What is told of buckets without samples.
                     * @enum {string}
                     */
                    fill?: "none" | "null" | "previous" | "linear";
                    /** Format: mqtt-filter */
                    filter?: string;
                    /**
                     * @description How an answer is written.
                     * @enum {string}
                     */
                    format?: "json" | "ndjson" | "csv" | "csv-safe";
                    /** Format: instant */
                    from?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** Format: duration-text */
                    offset?: string;
                    path?: string;
                    /** Format: int64 */
                    points?: number;
                    raw?: boolean;
                    /**
                     * @description How series stand beside each other.
                     * @enum {string}
                     */
                    shape?: "series" | "rows" | "wide";
                    /** Format: double */
                    threshold?: number;
                    /** Format: instant */
                    to?: string;
                    /** Format: time-zone */
                    tz?: string;
                    /** Format: double */
                    wrap?: number;
                };
                "application/x-www-form-urlencoded": {
                    /** Format: aggregates */
                    agg?: string;
                    /** Format: duration-text */
                    every?: string;
                    /**
                     * @description What is told of buckets without samples.
                     * @enum {string}
                     */
                    fill?: "none" | "null" | "previous" | "linear";
                    /** Format: mqtt-filter */
                    filter?: string;
                    /**
                     * @description How an answer is written.
                     * @enum {string}
                     */
                    format?: "json" | "ndjson" | "csv" | "csv-safe";
                    /** Format: instant */
                    from?: string;
                    /** Format: int64 */
                    limit?: number;
                    /** Format: duration-text */
                    offset?: string;
                    path?: string;
                    /** Format: int64 */
                    points?: number;
                    raw?: boolean;
                    /**
                     * @description How series stand beside each other.
                     * @enum {string}
                     */
                    shape?: "series" | "rows" | "wide";
                    /** Format: double */
                    threshold?: number;
                    /** Format: instant */
                    to?: string;
                    /** Format: time-zone */
                    tz?: string;
                    /** Format: double */
                    wrap?: number;
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SamplesAnswer"];
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Storage"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /**
                 * @description `all` messages, `latest` values, or counts in the `tree`
                 * @example all
                 */
                mode?: string;
                /**
                 * @description `all`: what came after this cursor, or was received at or after this time
                 * @example now-5m
                 */
                since?: string;
                /** @description `all`: the last so many messages before now */
                last?: number;
                /** @description `latest` and `tree`: frames a second */
                hz?: number;
                /**
                 * @description `latest`: JSON Pointers of the fields that are wanted, separated by commas
                 * @example /temp
                 */
                fields?: string;
                /** @description `tree`: the places whose children are followed, separated by commas */
                paths?: string;
                /** @description Comes back in each frame */
                id?: number;
                /** @description Of `/tickets`, for a page that can show nothing else */
                ticket?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ticket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    topics: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /**
                 * @description A part of the topic's name, whatever its case
                 * @example press
                 */
                q?: string;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description At most so many (1000) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Topic"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    topics_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: mqtt-filter */
                    filter?: string;
                    /** Format: int64 */
                    limit?: number;
                    q?: string;
                };
                "application/x-www-form-urlencoded": {
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: mqtt-filter */
                    filter?: string;
                    /** Format: int64 */
                    limit?: number;
                    q?: string;
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Topic"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_topics: {
        parameters: {
            query: {
                /**
                 * @description MQTT topic filter of the topics to remove. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/old/#
                 */
                filter: string;
                /**
                 * @description Only say what would be removed (false)
                 * @example true
                 */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What would be removed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovalPlan"];
                };
            };
            /** @description It will be removed */
            202: {
                headers: {
                    /** @description Where to look how far it has come */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removal"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tree: {
        parameters: {
            query?: {
                /**
                 * @description A place in the tree, levels joined by slashes; the root where it is absent or empty
                 * @example factory/line1
                 */
                path?: string;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description At most so many (1000) */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tree"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tree_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: int64 */
                    limit?: number;
                    path?: string;
                };
                "application/x-www-form-urlencoded": {
                    /** Format: cursor */
                    cursor?: string;
                    /** Format: int64 */
                    limit?: number;
                    path?: string;
                };
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tree"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    websocket: {
        parameters: {
            query?: {
                /**
                 * @description MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
                 * @example factory/#
                 */
                filter?: string;
                /**
                 * @description `all` messages, `latest` values, or counts in the `tree`
                 * @example all
                 */
                mode?: string;
                /**
                 * @description `all`: what came after this cursor, or was received at or after this time
                 * @example now-5m
                 */
                since?: string;
                /** @description `all`: the last so many messages before now */
                last?: number;
                /** @description `latest` and `tree`: frames a second */
                hz?: number;
                /**
                 * @description `latest`: JSON Pointers of the fields that are wanted, separated by commas
                 * @example /temp
                 */
                fields?: string;
                /** @description `tree`: the places whose children are followed, separated by commas */
                paths?: string;
                /** @description Comes back in each frame */
                id?: number;
                /** @description Of `/tickets`, for a page that can show nothing else */
                ticket?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/openmetrics-text": string;
                };
            };
            /** @description A parameter is wrong; `parameter` and `detail` say which and why */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something went wrong inside; `request_id` finds the cause in the log */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is away, or the server is busy or stopping; see `Retry-After` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem; `type` says which, and leads to what it means */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
