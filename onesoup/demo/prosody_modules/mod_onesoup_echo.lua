-- A user of the demo who answers each message with the same text, so that one person alone can try.
-- Option onesoup_echo: the user's name. Users of other servers get no answer: two such users would write to each other for ever.

local st = require "util.stanza";
local jid = require "util.jid";
local id = require "util.id";

local echo = module:get_option_string("onesoup_echo", "echo") .. "@" .. module.host;
local device = echo .. "/demo";
local ns_vcard, ns_receipts = "vcard-temp", "urn:xmpp:receipts";

local function for_echo(stanza)
	return jid.bare(stanza.attr.to) == echo;
end

local function may_be_answered(stanza)
	local from = stanza.attr.from;
	return jid.host(from) == module.host and jid.bare(from) ~= echo;
end

local function message(event)
	local stanza = event.stanza;
	if not for_echo(stanza) then return; end
	local kind = stanza.attr.type or "normal";
	if not may_be_answered(stanza) or (kind ~= "chat" and kind ~= "normal") then return true; end
	local from, body = stanza.attr.from, stanza:get_child_text("body");
	if stanza.attr.id and stanza:get_child("request", ns_receipts) then
		module:send(st.message({ from = device, to = from, id = id.medium() })
			:tag("received", { xmlns = ns_receipts, id = stanza.attr.id }));
	end
	if body and body ~= "" then
		module:send(st.message({ from = device, to = from, type = "chat", id = id.medium() }, body));
	end
	return true;
end

local function available(to)
	module:send(st.presence({ from = device, to = to }):tag("status"):text("I answer with your own words"));
end

local function presence(event)
	local stanza = event.stanza;
	if not for_echo(stanza) then return; end
	local from, kind = jid.bare(stanza.attr.from), stanza.attr.type;
	if may_be_answered(stanza) then
		if kind == "subscribe" then
			module:send(st.presence({ from = echo, to = from, type = "subscribed" }));
		end
		if kind == "subscribe" or kind == "probe" then available(from); end
	end
	return true;
end

local function vcard(event)
	local stanza = event.stanza;
	if not for_echo(stanza) then return; end
	event.origin.send(st.reply(stanza):tag("vCard", { xmlns = ns_vcard }):text_tag("FN", "Echo"):text_tag("NICKNAME", "Echo"));
	return true;
end

-- Before the modules that look whether the user is online.
module:hook("message/bare", message, 100);
module:hook("message/full", message, 100);
module:hook("presence/bare", presence, 100);
module:hook("presence/full", presence, 100);
module:hook("iq-get/bare/vcard-temp:vCard", vcard, 100);
