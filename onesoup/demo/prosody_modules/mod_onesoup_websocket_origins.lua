-- Lets web pages of certain origins alone open XMPP over WebSocket: browsers leave that check to the server (RFC 6455, 10.2).
-- Option onesoup_websocket_origins: the origins, such as "http://127.0.0.1:8080". A client that is no browser names none, and may.

module:set_global();

local server = require "net.http.server";
local allowed = module:get_option_set("onesoup_websocket_origins", {});

local function check(event)
	local origin = event.request.headers.origin;
	if origin and not allowed:contains(origin) then return 403; end
end

-- The event without a host comes before those of mod_http, which have one.
module:hook_object_event(server, "GET /xmpp-websocket", check, 100);
