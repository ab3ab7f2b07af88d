%% Puts accounts with their rosters into the tables of an ejabberd that starts: seconds, where registrations would take hours.
%%
%%     erl ... -pa DIRECTORY -scale_accounts FILE -s ejabberd -s scale_accounts
%%
%% A line of FILE is a user, the domain, the stored key, the server's key, the salt (each in base 64), the iterations, and the
%% contacts, all separated by tabs. FILE.done is there when all is.
-module(scale_accounts).
-export([start/0]).

-include_lib("p1_xmpp/include/scram.hrl").
-include_lib("ejabberd/include/mod_roster.hrl").
-include_lib("ejabberd/include/ejabberd_auth.hrl").

start() ->
    {ok, [[File]]} = init:get_argument(scale_accounts),
    spawn(fun() ->
        ok = mnesia:wait_for_tables([passwd, roster], infinity),
        {ok, Text} = file:read_file(File),
        [account(binary:split(Line, <<"\t">>, [global])) || Line <- binary:split(Text, <<"\n">>, [global, trim_all])],
        ok = file:write_file(File ++ ".done", <<>>)
    end).

account([User, Domain, Stored, Server, Salt, Iterations | Contacts]) ->
    Keys = #scram{storedkey = Stored, serverkey = Server, salt = Salt, iterationcount = binary_to_integer(Iterations)},
    mnesia:dirty_write(#passwd{us = {User, Domain}, password = Keys}),
    [contact({User, Domain}, binary:split(Contact, <<"@">>)) || Contact <- Contacts].

contact({User, Domain} = Owner, [Name, Host]) ->
    Jid = {Name, Host, <<>>},
    mnesia:dirty_write(#roster{usj = {User, Domain, Jid}, us = Owner, jid = Jid, name = Name, subscription = both}).
