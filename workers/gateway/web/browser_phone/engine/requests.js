// The requests of a phone as elements, in the order of the schema and in the form of version and handset. Pure: no time, no state.
// tests/stories/test_browser_phone.py holds every document that leaves a page against what the server itself would write.

import { Element } from "../wire/codec.js";

const { of } = Element;

/**
 * @typedef {object} Style Who writes: a handset, in a version.
 * @property {import("./handsets.js").Handset} handset
 * @property {string} version
 */

/** @param {import("./handsets.js").Tree | null} tree @returns {Element | null} */
export function fromTree(tree) {
  if (tree === null) {
    return null;
  }
  const [name, inside] = tree;
  return typeof inside === "string" ? of(name, inside) : of(name, ...inside.map(fromTree));
}

/** @param {boolean} truth */
function flag(name, truth) {
  return of(name, truth ? "T" : "F");
}

/** What the handset says in this version. @param {Style} style */
function said({ handset, version }) {
  return handset.elements[version];
}

function clientId({ handset }) {
  return of("ClientID", of("URL", handset.clientId));
}

// ---- session

/**
 * @param {Style} style
 * @param {string} user as it was typed
 * @param {string} cookie
 * @param {{password?: string, digest?: string, schemas?: string[]}} proof
 */
export function login(style, user, cookie, { password, digest, schemas = [] }) {
  return of(
    "Login-Request",
    of("UserID", user),
    clientId(style),
    password === undefined ? null : of("Password", password),
    digest === undefined ? null : of("DigestBytes", digest),
    ...schemas.map((schema) => of("DigestSchema", schema)),
    style.handset.ttl === null ? null : of("TimeToLive", style.handset.ttl),
    of("SessionCookie", cookie),
  );
}

export function logout() {
  return of("Logout-Request");
}

/** @param {Style} style */
export function keepAlive({ handset }) {
  return of("KeepAlive-Request", handset.ttlInKeepAlive && handset.ttl !== null ? of("TimeToLive", handset.ttl) : null);
}

export function poll() {
  return of("Polling-Request");
}

/** Puts the ClientID where the version has it, if the handset names itself. */
function named(style, name, ...children) {
  const names = style.handset.namesItself.includes(style.version) ? clientId(style) : null;
  return style.version === "1.1" ? of(name, names, ...children) : of(name, ...children, names);
}

/** @param {Style} style */
export function capabilities(style) {
  return named(style, "ClientCapability-Request", fromTree(said(style).capabilities));
}

/** @param {Style} style */
export function services(style) {
  const all = flag("AllFunctionsRequest", style.handset.allFunctions);
  return named(style, "Service-Request", fromTree(said(style).functions), all);
}

// ---- contacts and presence

export function getLists() {
  return of("GetList-Request");
}

/**
 * Reads or changes a contact list.
 * @param {Style} style
 * @param {string} list
 * @param {{add?: {userId: string, nickname: string}, remove?: string}} [change]
 */
export function manageList({ handset, version }, list, { add, remove } = {}) {
  return of(
    "ListManage-Request",
    of("ContactList", list),
    add ? of("AddNickList", of("NickName", of("Name", add.nickname), of("UserID", add.userId))) : null,
    remove ? of("RemoveNickList", of("UserID", remove)) : null,
    handset.receiveList.includes(version) ? flag("ReceiveList", true) : null,
  );
}

/** Users and lists, in the form of version and handset. */
function addressed({ handset, version }, { users = [], lists = [] }) {
  if (handset.wraps.includes(version)) {
    return [
      users.length ? of("UserIDList", ...users.map((user) => of("UserID", user))) : null,
      lists.length ? of("ContactListIDList", ...lists.map((list) => of("ContactList", list))) : null,
    ];
  }
  return [...users.map((user) => of("User", of("UserID", user))), ...lists.map((list) => of("ContactList", list))];
}

/**
 * @param {Style} style
 * @param {{users?: string[], lists?: string[]}} whom
 */
export function subscribe(style, whom) {
  const follows = style.handset.autoSubscribe.includes(style.version);
  const wanted = fromTree(said(style).attributes);
  return of("SubscribePresence-Request", ...addressed(style, whom), wanted, follows ? flag("AutoSubscribe", true) : null);
}

/**
 * @param {Style} style
 * @param {{users?: string[], lists?: string[]}} whom
 */
export function getPresence(style, whom) {
  return of("GetPresence-Request", ...addressed(style, whom), fromTree(said(style).attributes));
}

/** What the handset says of itself at start; null where it says nothing. @param {Style} style */
export function ownPresence(style) {
  const values = fromTree(said(style).ownPresence);
  return values && of("UpdatePresence-Request", values);
}

/** @param {{availability?: string, text?: string}} values what is missing stays as it is */
export function updatePresence({ availability, text }) {
  const value = (name, given) =>
    given === undefined ? null : of(name, flag("Qualifier", true), of("PresenceValue", given));
  return of("UpdatePresence-Request", of("PresenceSubList", value("UserAvailability", availability), value("StatusText", text)));
}

/** @param {string} userId @param {boolean} accepted */
export function authorize(userId, accepted) {
  return of("PresenceAuth-User", of("UserID", userId), flag("Acceptance", accepted));
}

/** The default attribute list, as S60 makes one at start. @param {Style} style */
export function attributeList(style) {
  return of("CreateAttributeList-Request", fromTree(said(style).attributeList), flag("DefaultList", true));
}

export function blockedList() {
  return of("GetBlockedList-Request");
}

// ---- search

/** @param {Record<string, string>} criteria by SearchElement @param {number} limit */
export function search(criteria, limit) {
  const pairs = Object.entries(criteria).map(([name, text]) => of("SearchPairList", of("SearchElement", name), of("SearchString", text)));
  return of("Search-Request", ...pairs, of("SearchLimit", limit));
}

/** @param {string} searchId */
export function stopSearch(searchId) {
  return of("StopSearch-Request", of("SearchID", searchId));
}

// ---- messages

/** Somebody to write to: a person, a group, or one member of a group by screen name. */
function recipient({ userId, groupId, screenName }) {
  if (userId !== undefined) {
    return of("Recipient", of("User", of("UserID", userId)));
  }
  const inside = screenName ? of("ScreenName", of("SName", screenName), of("GroupID", groupId)) : of("GroupID", groupId);
  return of("Recipient", of("Group", inside));
}

function sender({ handset }, own) {
  return handset.namesSender ? of("Sender", of("User", of("UserID", own))) : null;
}

/**
 * @param {Style} style
 * @param {string} own the phone's own address
 * @param {{userId?: string, groupId?: string, screenName?: string}} to
 * @param {string} text
 * @param {boolean} report whether a delivery report is wanted
 */
export function sendText(style, own, to, text, report) {
  const about = style.handset.describesContent ? [of("ContentType", "text/plain"), of("ContentSize", text.length)] : [];
  const info = of("MessageInfo", ...about, recipient(to), sender(style, own));
  return of("SendMessage-Request", flag("DeliveryReport", report), info, of("ContentData", text));
}

/**
 * A picture: BASE64 in XML and in WBXML alike, as phones send it.
 * @param {Style} style
 * @param {string} own
 * @param {{userId?: string, groupId?: string}} to
 * @param {{type: string, size: number, base64: string}} picture
 * @param {boolean} report
 */
export function sendPicture(style, own, to, { type, size, base64 }, report) {
  const about = [of("ContentType", type), of("ContentEncoding", "BASE64"), of("ContentSize", size)];
  const info = of("MessageInfo", ...about, recipient(to), sender(style, own));
  return of("SendMessage-Request", flag("DeliveryReport", report), info, of("ContentData", base64));
}

// ---- groups and invitations

/** @param {string} groupId @param {string} name @param {string} screenName */
export function createGroup(groupId, name, screenName) {
  return of(
    "CreateGroup-Request",
    of("GroupID", groupId),
    of("GroupProperties", of("Property", of("Name", "Name"), of("Value", name))),
    flag("JoinGroup", true),
    screenNameIn(groupId, screenName),
    flag("SubscribeNotification", true),
  );
}

/** @param {string} groupId @param {string} screenName "" lets the server choose */
export function joinGroup(groupId, screenName) {
  return of(
    "JoinGroup-Request",
    of("GroupID", groupId),
    screenNameIn(groupId, screenName),
    flag("JoinedRequest", true),
    flag("SubscribeNotification", true),
  );
}

function screenNameIn(groupId, screenName) {
  return screenName ? of("ScreenName", of("SName", screenName), of("GroupID", groupId)) : null;
}

/** @param {string} groupId */
export function leaveGroup(groupId) {
  return of("LeaveGroup-Request", of("GroupID", groupId));
}

/** @param {string} inviteId @param {string} groupId @param {string} userId @param {string} note */
export function invite(inviteId, groupId, userId, note) {
  return of(
    "Invite-Request",
    of("InviteID", inviteId),
    of("InviteType", "GR"),
    recipient({ userId }),
    of("GroupID", groupId),
    note ? of("InviteNote", note) : null,
  );
}

/** @param {string} inviteId @param {boolean} accepted @param {Element | null} from the Sender of the invitation */
export function answerInvitation(inviteId, accepted, from) {
  return of("InviteUser-Response", of("InviteID", inviteId), flag("Acceptance", accepted), from);
}

// ---- answers to the server

export function success() {
  return of("Status", of("Result", of("Code", 200)));
}

/** @param {string} messageId */
export function delivered(messageId) {
  return of("MessageDelivered", of("MessageID", messageId));
}
