// How a phone gets into a session: the log-in, two-way or four-way, and the steps of its start. Each step is a function of the
// client, by the name that the handset gives it.

import { listsOf, membersOfList, numberOf, presencesOf } from "./answers.js";
import { domainOf } from "./addresses.js";
import { isDigestSchema, loginDigest } from "./digest.js";
import { CspError, TransportError } from "./errors.js";
import * as requests from "./requests.js";

/** @typedef {import("./client.js").ImpsClient} Client */

const UNAUTHORIZED = 401;
const REGULAR_POLL_SECONDS = 10;

/**
 * Opens the session. Both phases of a four-way log-in carry the same TransactionID.
 * @param {Client} client
 * @param {string} user
 * @param {string} password
 */
export async function openSession(client, user, password) {
  const { handset } = client;
  const cookie = handset.cookie.replace("{}", String(Math.floor(Math.random() * 1e9)));
  const tid = client.nextTid();
  const ask = (proof, accept = []) =>
    client.request(requests.login(client.style, user, cookie, proof), { tid, outband: true, resends: 0, accept });
  const proof = handset.way.length === 0 ? { password } : proofFor(await ask({ schemas: handset.way }, [UNAUTHORIZED]), handset, password);
  const answer = await ask(proof);
  const sessionId = answer.textOf("SessionID");
  if (!sessionId) {
    throw new TransportError("Login-Request: the answer has no SessionID");
  }
  client.update({ sessionId, keepAlive: numberOf(answer.find("KeepAliveTime")) });
}

/** What the second phase proves itself with, by the answer to the first. */
function proofFor(answer, handset, password) {
  const schema = answer.textOf("DigestSchema").toUpperCase();
  if (schema === "PWD" && (handset.takesPwd || handset.way.includes("PWD"))) {
    return { password };
  }
  const nonce = answer.textOf("Nonce");
  if (!nonce || !handset.way.includes(schema) || !isDigestSchema(schema)) {
    throw new TransportError("Login-Request: the server asks for a digest that this phone cannot make");
  }
  return { digest: loginDigest(schema, nonce, password) };
}

/** Capabilities, then services. @param {Client} client */
async function negotiate(client) {
  const agreed = await client.request(requests.capabilities(client.style));
  const list = agreed.find("AgreedCapabilityList") ?? agreed.find("CapabilityList");
  const wished = requests.capabilities(client.style).find("CapabilityList");
  const pollEvery = numberOf(list?.find("ServerPollMin") ?? null) ?? numberOf(wished.find("ServerPollMin")) ?? REGULAR_POLL_SECONDS;
  client.update({ pollEvery });
  const granted = await client.request(requests.services(client.style));
  client.update({ services: services(client, granted) });
}

/** The features that were asked for and not refused: the answer lists those that are. */
function services(client, answer) {
  const wanted = requests.services(client.style).at("Functions", "WVCSPFeat").children.map((each) => each.name);
  const refused = answer.at("Functions", "WVCSPFeat");
  if (refused && refused.children.length === 0) {
    return [];
  }
  const gone = (refused?.children ?? []).filter((each) => each.children.length === 0).map((each) => each.name);
  return wanted.filter((name) => !gone.includes(name));
}

/** What the handset says of itself. @param {Client} client */
async function publish(client) {
  const request = requests.ownPresence(client.style);
  if (request) {
    await client.request(request);
  }
}

/** @param {Client} client */
async function getLists(client) {
  client.lists = listsOf(await client.request(requests.getLists()));
  client.domain ||= domainOf(client.lists.at(-1) ?? "");
}

/** List by list, the default one last: its members, and a subscription for them. @param {Client} client */
async function loadLists(client) {
  if (client.lists.length === 0) {
    await getLists(client);
  }
  for (const list of client.lists) {
    client.keepMembers(list, membersOfList(await client.request(requests.manageList(client.style, list))));
    await client.request(requests.subscribe(client.style, { lists: [list] }), { accept: [201] });
  }
}

/** Of the phone itself, as Android asks at start. @param {Client} client */
async function ownPresence(client) {
  const answer = await client.request(requests.getPresence(client.style, { users: [client.own] }), { accept: [201] });
  client.keepPresences(presencesOf(answer));
}

/** A step that may be refused: the phone goes on. @param {import("../wire/codec.js").Element} content */
function mayFail(content) {
  return async (client) => {
    try {
      await client.request(content);
    } catch (error) {
      if (!(error instanceof CspError) || client.state.phase === "ended") {
        throw error;
      }
    }
  };
}

/** @type {Record<string, (client: Client) => Promise<void>>} */
export const STEPS = {
  negotiate,
  publish,
  get_lists: getLists,
  load_lists: loadLists,
  own_presence: ownPresence,
  blocked_list: (client) => mayFail(requests.blockedList())(client),
  attribute_list: (client) => mayFail(requests.attributeList(client.style))(client),
  own_groups: (client) => mayFail(requests.search({ GROUP_USER_ID_OWNER: client.own }, 50))(client),
};
