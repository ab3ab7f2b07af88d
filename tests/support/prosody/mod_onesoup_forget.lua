-- For tests: a room forgets an occupant without a word, as one whose server has broken down does. Whoever sends
-- <forget xmlns='urn:onesoup:test' nick='...'/> in a message to the room causes it.

local muc = module:depends("muc");

module:hook("message/bare", function (event)
	local forget = event.stanza:get_child("forget", "urn:onesoup:test");
	local room = forget and muc.get_room_from_jid(event.stanza.attr.to);
	if not room then return; end
	local nick = event.stanza.attr.to .. "/" .. forget.attr.nick;
	room._occupants[nick] = nil;
	for jid, its in pairs(room._jid_nick) do
		if its == nick then room._jid_nick[jid] = nil; end
	end
	return true;
end, 1000);
