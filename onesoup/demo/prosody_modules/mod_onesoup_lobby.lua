-- A room of the demo that is always there, with a subject and a sentence in its history. For the room service.
-- Option onesoup_lobby: the room's name.

local st = require "util.stanza";
local id = require "util.id";

local muc = module:depends("muc");
module:depends("muc_mam");  -- keeps the history over a restart, and has to be there before the sentence is said

local room_jid = module:get_option_string("onesoup_lobby", "lobby") .. "@" .. module.host;
local host = room_jid .. "/onesoup";

local function is_silent(room)
	local event = { room = room; to = room_jid; maxstanzas = 1; next_stanza = function () end };
	module:fire_event("muc-get-history", event);
	return event.next_stanza() == nil;
end

local room = muc.get_room_from_jid(room_jid);
if not room then
	room = assert(muc.create_room(room_jid));
	room:set_name("Lobby");
	room:set_description("The room of the demo, open to everybody");
	room:set_subject(host, "Everybody is welcome here");
end
room:set_public(true);
room:set_persistent(true);
room:save(true);
if is_silent(room) then
	room:broadcast_message(st.message({ from = host, type = "groupchat", id = id.medium() },
		"Welcome! Whatever you write here is read by all who are in the lobby."));
end
