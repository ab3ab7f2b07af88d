-- A directory of the users of one host (XEP-0055), for tests: it finds people by their user name and by their vCard, as vjud
-- services do. Wild cards are not needed: every field is found anywhere in a value.

local st = require "util.stanza";
local dataforms = require "util.dataforms";
local usermanager = require "core.usermanager";
local modulemanager = require "core.modulemanager";

local host = module:get_option_string("people_host");
local ns_search, ns_vcard4 = "jabber:iq:search", "urn:ietf:params:xml:ns:vcard-4.0";

module:depends("disco");
module:add_identity("directory", "user", "People");
module:add_feature(ns_search);

local names = { "user", "fn", "first", "last", "nick", "email", "locality" };
local form = { title = "People", instructions = "Any part of a name" };
for _, name in ipairs(names) do table.insert(form, { name = name, type = "text-single", label = name }); end
form = dataforms.new(form);

local function text(vcard, ...)
	local node = vcard;
	for _, name in ipairs({ ... }) do
		node = node and node:child_with_name(name);
	end
	return node and node:get_text() or "";
end

local function card(user)
	local found = { user = user };
	local pep = modulemanager.get_module(host, "pep");
	local service = pep and pep.get_pep_service(user);
	local ok, _, item = false, nil, nil;
	if service then ok, _, item = service:get_last_item("urn:xmpp:vcard4", true); end
	local vcard = ok and item and item:get_child("vcard", ns_vcard4);
	if vcard then
		found.fn = text(vcard, "fn", "text");
		found.first = text(vcard, "n", "given");
		found.last = text(vcard, "n", "surname");
		found.nick = text(vcard, "nickname", "text");
		found.email = text(vcard, "email", "text");
		found.locality = text(vcard, "adr", "locality");
	end
	return found;
end

module:hook("iq-get/host/jabber:iq:search:query", function (event)
	event.origin.send(st.reply(event.stanza):query(ns_search):add_child(form:form()));
	return true;
end);

module:hook("iq-set/host/jabber:iq:search:query", function (event)
	local data = event.stanza.tags[1]:get_child("x", "jabber:x:data");
	local wanted = data and form:data(data) or {};
	local reply = st.reply(event.stanza):query(ns_search):tag("x", { xmlns = "jabber:x:data", type = "result" });
	for user in usermanager.users(host) do
		local found, fits = card(user), next(wanted) ~= nil;
		for name, value in pairs(wanted) do
			fits = fits and (found[name] or ""):lower():find(value:lower(), 1, true) ~= nil;
		end
		if fits then
			reply:tag("item"):tag("field", { var = "jid" }):text_tag("value", user.."@"..host):up();
			for _, name in ipairs(names) do
				reply:tag("field", { var = name }):text_tag("value", found[name] or ""):up();
			end
			reply:up();
		end
	end
	event.origin.send(reply);
	return true;
end);
