// From tables/*.tsv and onesoup/wire; written by tools/make_tables.py. What a name means is said there.

export const TAGS =
{
"1.0":
{
"5": "Acceptance", "6": "AddList", "7": "AddNickList", "8": "Attribute", "9": "AttributeList", "10": "ClientID", "11": "Code",
"12": "ContactList", "13": "ContentData", "14": "ContentEncoding", "15": "ContentSize", "16": "ContentType", "17": "DateTime",
"18": "Description", "19": "DetailedResult", "20": "EntityList", "21": "Group", "22": "GroupID", "23": "GroupList", "24": "InUse",
"25": "Logo", "26": "MessageCount", "27": "MessageID", "28": "MessageURI", "29": "MSISDN", "30": "Name", "31": "NickList",
"32": "NickName", "33": "Poll", "34": "Presence", "35": "PresenceSubList", "36": "PresenceValue", "37": "Property",
"38": "Qualifier", "39": "Recipient", "40": "RemoveList", "41": "RemoveNickList", "42": "Result", "43": "ScreenName",
"44": "Sender", "45": "Session", "46": "SessionDescriptor", "47": "SessionID", "48": "SessionType", "49": "Status",
"50": "Transaction", "51": "TransactionContent", "52": "TransactionDescriptor", "53": "TransactionID", "54": "TransactionMode",
"55": "URL", "56": "URLList", "57": "User", "58": "UserID", "59": "UserList", "60": "Validity", "61": "Value",
"62": "WV-CSP-Message", "261": "AllFunctions", "262": "AllFunctionsRequest", "263": "CancelInvite-Request",
"264": "CancelInviteUser-Request", "265": "Capability", "266": "CapabilityList", "267": "CapabilityRequest",
"268": "ClientCapability-Request", "269": "ClientCapability-Response", "270": "DigestBytes", "271": "DigestSchema",
"272": "Disconnect", "273": "Functions", "274": "GetSPInfo-Request", "275": "GetSPInfo-Response", "276": "InviteID",
"277": "InviteNote", "278": "Invite-Request", "279": "Invite-Response", "280": "InviteType", "281": "InviteUser-Request",
"282": "InviteUser-Response", "283": "KeepAlive-Request", "284": "KeepAliveTime", "285": "Login-Request", "286": "Login-Response",
"287": "Logout-Request", "288": "Nonce", "289": "Password", "290": "Polling-Request", "291": "ResponseNote",
"292": "SearchElement", "293": "SearchFindings", "294": "SearchID", "295": "SearchIndex", "296": "SearchLimit",
"297": "SearchOnlineStatus", "298": "SearchPairList", "299": "Search-Request", "300": "Search-Response", "301": "SearchResult",
"302": "Service-Request", "303": "Service-Response", "304": "SessionCookie", "305": "StopSearch-Request", "306": "TimeToLive",
"517": "ADDGM", "518": "AttListFunc", "519": "BLENT", "520": "CAAUT", "521": "CAINV", "522": "CALI", "523": "CCLI",
"524": "ContListFunc", "525": "CREAG", "526": "DALI", "527": "DCLI", "528": "DELGR", "529": "FundamentalFeat", "530": "FWMSG",
"531": "GALS", "532": "GCLI", "533": "GETGM", "534": "GETGP", "535": "GETLM", "536": "GETM", "537": "GETPR", "538": "GETSPI",
"539": "GETWL", "540": "GLBLU", "541": "GRCHN", "542": "GroupAuthFunc", "543": "GroupFeat", "544": "GroupMgmtFunc",
"545": "GroupUseFunc", "546": "IMAuthFunc", "547": "IMFeat", "548": "IMReceiveFunc", "549": "IMSendFunc", "550": "INVIT",
"551": "InviteFunc", "552": "MBRAC", "553": "MCLS", "554": "MDELIV", "555": "NEWM", "556": "NOTIF", "557": "PresenceAuthFunc",
"558": "PresenceDeliverFunc", "559": "PresenceFeat", "560": "REACT", "561": "REJCM", "562": "REJEC", "563": "RMVGM",
"564": "SearchFunc", "565": "ServiceFunc", "566": "SETD", "567": "SETGP", "568": "SRCH", "569": "STSRC", "570": "SUBGCN",
"571": "UPDPR", "572": "WVCSPFeat", "773": "AcceptedCharset", "774": "AcceptedContentLength", "775": "AcceptedContentType",
"776": "AcceptedTransferEncoding", "777": "AnyContent", "778": "ClientType", "779": "InitialDeliveryMethod", "780": "MultiTrans",
"781": "ParserSize", "782": "ServerPollMin", "783": "SupportedBearer", "784": "SupportedCIRMethod", "785": "TCPAddress",
"786": "TCPPort", "787": "UDPPort", "1029": "CancelAuth-Request", "1030": "ContactListProperties",
"1031": "CreateAttributeList-Request", "1032": "CreateList-Request", "1033": "DefaultAttributeList", "1034": "DefaultContactList",
"1035": "DefaultList", "1036": "DeleteAttributeList-Request", "1037": "DeleteList-Request", "1038": "GetAttributeList-Request",
"1039": "GetAttributeList-Response", "1040": "GetList-Request", "1041": "GetList-Response", "1042": "GetPresence-Request",
"1043": "GetPresence-Response", "1044": "GetWatcherList-Request", "1045": "GetWatcherList-Response", "1046": "ListManage-Request",
"1047": "ListManage-Response", "1048": "Presence", "1049": "PresenceAuth-Request", "1050": "PresenceAuth-Response",
"1051": "PresenceNotification-Request", "1052": "PresenceValueList", "1053": "SubscribePresence-Request",
"1054": "UnsubscribePresence-Request", "1055": "UpdatePresence-Request", "1285": "Accuracy", "1286": "Address",
"1287": "AddrPref", "1288": "Alias", "1289": "Altitude", "1290": "Building", "1291": "CAddr", "1292": "City",
"1293": "ClientInfo", "1294": "ClientProducer", "1295": "ClientType", "1296": "ClientVersion", "1297": "CommC", "1298": "CommCap",
"1299": "ContactInfo", "1300": "ContainedvCard", "1301": "Country", "1302": "Crossing1", "1303": "Crossing2",
"1304": "DevManufacturer", "1305": "DirectContent", "1306": "FreeTextLocation", "1307": "GeoLocation", "1308": "Language",
"1309": "Latitude", "1310": "Longitude", "1311": "Model", "1312": "NamedArea", "1313": "OnlineStatus", "1314": "PLMN",
"1315": "PrefC", "1316": "PreferredContacts", "1317": "PreferredLanguage", "1318": "ReferredContent", "1319": "ReferredvCard",
"1320": "Registration", "1321": "StatusContent", "1322": "StatusMood", "1323": "StatusText", "1324": "Street", "1325": "TimeZone",
"1326": "UserAvailability", "1541": "BlockList", "1542": "BlockUser-Request", "1543": "DeliveryMethod", "1544": "DeliveryReport",
"1545": "DeliveryReport-Request", "1546": "ForwardMessage-Request", "1547": "GetBlockedList-Request",
"1548": "GetBlockedList-Response", "1549": "GetMessageList-Request", "1550": "GetMessageList-Response",
"1551": "GetMessage-Request", "1552": "GetMessage-Response", "1553": "GrantList", "1554": "MessageDelivered",
"1555": "MessageInfo", "1556": "MessageNotification", "1557": "NewMessage", "1558": "RejectMessage-Request",
"1559": "SendMessage-Request", "1560": "SendMessage-Response", "1561": "SetDeliveryMethod-Request",
"1797": "AddGroupMembers-Request", "1798": "Admin", "1799": "CreateGroup-Request", "1800": "DeleteGroup-Request",
"1801": "GetGroupMembers-Request", "1802": "GetGroupMembers-Response", "1803": "GetGroupProps-Request",
"1804": "GetGroupProps-Response", "1805": "GroupChangeNotice", "1806": "GroupProperties", "1807": "Joined",
"1808": "JoinedRequest", "1809": "JoinGroup-Request", "1810": "JoinGroup-Response", "1811": "LeaveGroup-Request",
"1812": "LeaveGroup-Response", "1813": "Left", "1814": "MemberAccess-Request", "1815": "Mod", "1816": "OwnProperties",
"1817": "RejectList-Request", "1818": "RejectList-Response", "1819": "RemoveGroupMembers-Request",
"1820": "SetGroupProps-Request", "1821": "SubscribeGroupNotice-Request", "1822": "SubscribeGroupNotice-Response", "1823": "Users",
"1824": "WelcomeNote",
},
"1.1":
{
"5": "Acceptance", "6": "AddList", "7": "AddNickList", "8": "SName", "9": "WV-CSP-Message", "10": "ClientID", "11": "Code",
"12": "ContactList", "13": "ContentData", "14": "ContentEncoding", "15": "ContentSize", "16": "ContentType", "17": "DateTime",
"18": "Description", "19": "DetailedResult", "20": "EntityList", "21": "Group", "22": "GroupID", "23": "GroupList", "24": "InUse",
"25": "Logo", "26": "MessageCount", "27": "MessageID", "28": "MessageURI", "29": "MSISDN", "30": "Name", "31": "NickList",
"32": "NickName", "33": "Poll", "34": "Presence", "35": "PresenceSubList", "36": "PresenceValue", "37": "Property",
"38": "Qualifier", "39": "Recipient", "40": "RemoveList", "41": "RemoveNickList", "42": "Result", "43": "ScreenName",
"44": "Sender", "45": "Session", "46": "SessionDescriptor", "47": "SessionID", "48": "SessionType", "49": "Status",
"50": "Transaction", "51": "TransactionContent", "52": "TransactionDescriptor", "53": "TransactionID", "54": "TransactionMode",
"55": "URL", "56": "URLList", "57": "User", "58": "UserID", "59": "UserList", "60": "Validity", "61": "Value",
"261": "AllFunctions", "262": "AllFunctionsRequest", "263": "CancelInvite-Request", "264": "CancelInviteUser-Request",
"265": "Capability", "266": "CapabilityList", "267": "CapabilityRequest", "268": "ClientCapability-Request",
"269": "ClientCapability-Response", "270": "DigestBytes", "271": "DigestSchema", "272": "Disconnect", "273": "Functions",
"274": "GetSPInfo-Request", "275": "GetSPInfo-Response", "276": "InviteID", "277": "InviteNote", "278": "Invite-Request",
"279": "Invite-Response", "280": "InviteType", "281": "InviteUser-Request", "282": "InviteUser-Response",
"283": "KeepAlive-Request", "284": "KeepAliveTime", "285": "Login-Request", "286": "Login-Response", "287": "Logout-Request",
"288": "Nonce", "289": "Password", "290": "Polling-Request", "291": "ResponseNote", "292": "SearchElement",
"293": "SearchFindings", "294": "SearchID", "295": "SearchIndex", "296": "SearchLimit", "297": "KeepAlive-Response",
"298": "SearchPairList", "299": "Search-Request", "300": "Search-Response", "301": "SearchResult", "302": "Service-Request",
"303": "Service-Response", "304": "SessionCookie", "305": "StopSearch-Request", "306": "TimeToLive", "307": "SearchString",
"308": "CompletionFlag", "517": "ADDGM", "518": "AttListFunc", "519": "BLENT", "520": "CAAUT", "521": "CAINV", "522": "CALI",
"523": "CCLI", "524": "ContListFunc", "525": "CREAG", "526": "DALI", "527": "DCLI", "528": "DELGR", "529": "FundamentalFeat",
"530": "FWMSG", "531": "GALS", "532": "GCLI", "533": "GETGM", "534": "GETGP", "535": "GETLM", "536": "GETM", "537": "GETPR",
"538": "GETSPI", "539": "GETWL", "540": "GLBLU", "541": "GRCHN", "542": "GroupAuthFunc", "543": "GroupFeat",
"544": "GroupMgmtFunc", "545": "GroupUseFunc", "546": "IMAuthFunc", "547": "IMFeat", "548": "IMReceiveFunc", "549": "IMSendFunc",
"550": "INVIT", "551": "InviteFunc", "552": "MBRAC", "553": "MCLS", "554": "MDELIV", "555": "NEWM", "556": "NOTIF",
"557": "PresenceAuthFunc", "558": "PresenceDeliverFunc", "559": "PresenceFeat", "560": "REACT", "561": "REJCM", "562": "REJEC",
"563": "RMVGM", "564": "SearchFunc", "565": "ServiceFunc", "566": "SETD", "567": "SETGP", "568": "SRCH", "569": "STSRC",
"570": "SUBGCN", "571": "UPDPR", "572": "WVCSPFeat", "773": "AcceptedCharset", "774": "AcceptedContentLength",
"775": "AcceptedContentType", "776": "AcceptedTransferEncoding", "777": "AnyContent", "778": "DefaultLanguage",
"779": "InitialDeliveryMethod", "780": "MultiTrans", "781": "ParserSize", "782": "ServerPollMin", "783": "SupportedBearer",
"784": "SupportedCIRMethod", "785": "TCPAddress", "786": "TCPPort", "787": "UDPPort", "1029": "CancelAuth-Request",
"1030": "ContactListProperties", "1031": "CreateAttributeList-Request", "1032": "CreateList-Request",
"1033": "DefaultAttributeList", "1034": "DefaultContactList", "1035": "DefaultList", "1036": "DeleteAttributeList-Request",
"1037": "DeleteList-Request", "1038": "GetAttributeList-Request", "1039": "GetAttributeList-Response", "1040": "GetList-Request",
"1041": "GetList-Response", "1042": "GetPresence-Request", "1043": "GetPresence-Response", "1044": "GetWatcherList-Request",
"1045": "GetWatcherList-Response", "1046": "ListManage-Request", "1047": "ListManage-Response",
"1048": "UnsubscribePresence-Request", "1049": "PresenceAuth-Request", "1050": "PresenceAuth-User",
"1051": "PresenceNotification-Request", "1052": "UpdatePresence-Request", "1053": "SubscribePresence-Request", "1285": "Accuracy",
"1286": "Address", "1287": "AddrPref", "1288": "Alias", "1289": "Altitude", "1290": "Building", "1291": "Caddr", "1292": "City",
"1293": "ClientInfo", "1294": "ClientProducer", "1295": "ClientType", "1296": "ClientVersion", "1297": "CommC", "1298": "CommCap",
"1299": "ContactInfo", "1300": "ContainedvCard", "1301": "Country", "1302": "Crossing1", "1303": "Crossing2",
"1304": "DevManufacturer", "1305": "DirectContent", "1306": "FreeTextLocation", "1307": "GeoLocation", "1308": "Language",
"1309": "Latitude", "1310": "Longitude", "1311": "Model", "1312": "NamedArea", "1313": "OnlineStatus", "1314": "PLMN",
"1315": "PrefC", "1316": "PreferredContacts", "1317": "PreferredLanguage", "1318": "ReferredContent", "1319": "ReferredvCard",
"1320": "Registration", "1321": "StatusContent", "1322": "StatusMood", "1323": "StatusText", "1324": "Street", "1325": "TimeZone",
"1326": "UserAvailability", "1327": "Cap", "1328": "Cname", "1329": "Contact", "1330": "Cpriority", "1331": "Cstatus",
"1332": "Note", "1333": "Zone", "1541": "BlockList", "1542": "BlockUser-Request", "1543": "DeliveryMethod",
"1544": "DeliveryReport", "1545": "DeliveryReport-Request", "1546": "ForwardMessage-Request", "1547": "GetBlockedList-Request",
"1548": "GetBlockedList-Response", "1549": "GetMessageList-Request", "1550": "GetMessageList-Response",
"1551": "GetMessage-Request", "1552": "GetMessage-Response", "1553": "GrantList", "1554": "MessageDelivered",
"1555": "MessageInfo", "1556": "MessageNotification", "1557": "NewMessage", "1558": "RejectMessage-Request",
"1559": "SendMessage-Request", "1560": "SendMessage-Response", "1561": "SetDeliveryMethod-Request", "1562": "DeliveryTime",
"1797": "AddGroupMembers-Request", "1798": "Admin", "1799": "CreateGroup-Request", "1800": "DeleteGroup-Request",
"1801": "GetGroupMembers-Request", "1802": "GetGroupMembers-Response", "1803": "GetGroupProps-Request",
"1804": "GetGroupProps-Response", "1805": "GroupChangeNotice", "1806": "GroupProperties", "1807": "Joined",
"1808": "JoinedRequest", "1809": "JoinGroup-Request", "1810": "JoinGroup-Response", "1811": "LeaveGroup-Request",
"1812": "LeaveGroup-Response", "1813": "Left", "1814": "MemberAccess-Request", "1815": "Mod", "1816": "OwnProperties",
"1817": "RejectList-Request", "1818": "RejectList-Response", "1819": "RemoveGroupMembers-Request",
"1820": "SetGroupProps-Request", "1821": "SubscribeGroupNotice-Request", "1822": "SubscribeGroupNotice-Response", "1823": "Users",
"1824": "WelcomeNote", "1825": "JoinGroup", "1826": "SubscribeNotification", "1827": "SubscribeType",
},
"1.2":
{
"5": "Acceptance", "6": "AddList", "7": "AddNickList", "8": "SName", "9": "WV-CSP-Message", "10": "ClientID", "11": "Code",
"12": "ContactList", "13": "ContentData", "14": "ContentEncoding", "15": "ContentSize", "16": "ContentType", "17": "DateTime",
"18": "Description", "19": "DetailedResult", "20": "EntityList", "21": "Group", "22": "GroupID", "23": "GroupList", "24": "InUse",
"25": "Logo", "26": "MessageCount", "27": "MessageID", "28": "MessageURI", "29": "MSISDN", "30": "Name", "31": "NickList",
"32": "NickName", "33": "Poll", "34": "Presence", "35": "PresenceSubList", "36": "PresenceValue", "37": "Property",
"38": "Qualifier", "39": "Recipient", "40": "RemoveList", "41": "RemoveNickList", "42": "Result", "43": "ScreenName",
"44": "Sender", "45": "Session", "46": "SessionDescriptor", "47": "SessionID", "48": "SessionType", "49": "Status",
"50": "Transaction", "51": "TransactionContent", "52": "TransactionDescriptor", "53": "TransactionID", "54": "TransactionMode",
"55": "URL", "56": "URLList", "57": "User", "58": "UserID", "59": "UserList", "60": "Validity", "61": "Value",
"261": "AllFunctions", "262": "AllFunctionsRequest", "263": "CancelInvite-Request", "264": "CancelInviteUser-Request",
"265": "Capability", "266": "CapabilityList", "267": "CapabilityRequest", "268": "ClientCapability-Request",
"269": "ClientCapability-Response", "270": "DigestBytes", "271": "DigestSchema", "272": "Disconnect", "273": "Functions",
"274": "GetSPInfo-Request", "275": "GetSPInfo-Response", "276": "InviteID", "277": "InviteNote", "278": "Invite-Request",
"279": "Invite-Response", "280": "InviteType", "281": "InviteUser-Request", "282": "InviteUser-Response",
"283": "KeepAlive-Request", "284": "KeepAliveTime", "285": "Login-Request", "286": "Login-Response", "287": "Logout-Request",
"288": "Nonce", "289": "Password", "290": "Polling-Request", "291": "ResponseNote", "292": "SearchElement",
"293": "SearchFindings", "294": "SearchID", "295": "SearchIndex", "296": "SearchLimit", "297": "KeepAlive-Response",
"298": "SearchPairList", "299": "Search-Request", "300": "Search-Response", "301": "SearchResult", "302": "Service-Request",
"303": "Service-Response", "304": "SessionCookie", "305": "StopSearch-Request", "306": "TimeToLive", "307": "SearchString",
"308": "CompletionFlag", "310": "ReceiveList", "311": "VerifyID-Request", "312": "Extended-Request", "313": "Extended-Response",
"314": "AgreedCapabilityList", "315": "ExtendedData", "316": "OtherServer", "317": "PresenceAttributeNSName",
"318": "SessionNSName", "319": "TransactionNSName", "517": "ADDGM", "518": "AttListFunc", "519": "BLENT", "520": "CAAUT",
"521": "CAINV", "522": "CALI", "523": "CCLI", "524": "ContListFunc", "525": "CREAG", "526": "DALI", "527": "DCLI", "528": "DELGR",
"529": "FundamentalFeat", "530": "FWMSG", "531": "GALS", "532": "GCLI", "533": "GETGM", "534": "GETGP", "535": "GETLM",
"536": "GETM", "537": "GETPR", "538": "GETSPI", "539": "GETWL", "540": "GLBLU", "541": "GRCHN", "542": "GroupAuthFunc",
"543": "GroupFeat", "544": "GroupMgmtFunc", "545": "GroupUseFunc", "546": "IMAuthFunc", "547": "IMFeat", "548": "IMReceiveFunc",
"549": "IMSendFunc", "550": "INVIT", "551": "InviteFunc", "552": "MBRAC", "553": "MCLS", "554": "MDELIV", "555": "NEWM",
"556": "NOTIF", "557": "PresenceAuthFunc", "558": "PresenceDeliverFunc", "559": "PresenceFeat", "560": "REACT", "561": "REJCM",
"562": "REJEC", "563": "RMVGM", "564": "SearchFunc", "565": "ServiceFunc", "566": "SETD", "567": "SETGP", "568": "SRCH",
"569": "STSRC", "570": "SUBGCN", "571": "UPDPR", "572": "WVCSPFeat", "573": "MF", "574": "MG", "575": "MM",
"773": "AcceptedCharset", "774": "AcceptedContentLength", "775": "AcceptedContentType", "776": "AcceptedTransferEncoding",
"777": "AnyContent", "778": "DefaultLanguage", "779": "InitialDeliveryMethod", "780": "MultiTrans", "781": "ParserSize",
"782": "ServerPollMin", "783": "SupportedBearer", "784": "SupportedCIRMethod", "785": "TCPAddress", "786": "TCPPort",
"787": "UDPPort", "788": "CIRURL", "1029": "CancelAuth-Request", "1030": "ContactListProperties",
"1031": "CreateAttributeList-Request", "1032": "CreateList-Request", "1033": "DefaultAttributeList", "1034": "DefaultContactList",
"1035": "DefaultList", "1036": "DeleteAttributeList-Request", "1037": "DeleteList-Request", "1038": "GetAttributeList-Request",
"1039": "GetAttributeList-Response", "1040": "GetList-Request", "1041": "GetList-Response", "1042": "GetPresence-Request",
"1043": "GetPresence-Response", "1044": "GetWatcherList-Request", "1045": "GetWatcherList-Response", "1046": "ListManage-Request",
"1047": "ListManage-Response", "1048": "UnsubscribePresence-Request", "1049": "PresenceAuth-Request", "1050": "PresenceAuth-User",
"1051": "PresenceNotification-Request", "1052": "UpdatePresence-Request", "1053": "SubscribePresence-Request",
"1054": "AutoSubscribe", "1055": "GetReactiveAuthStatus-Request", "1056": "GetReactiveAuthStatus-Response", "1285": "Accuracy",
"1286": "Address", "1287": "AddrPref", "1288": "Alias", "1289": "Altitude", "1290": "Building", "1291": "Caddr", "1292": "City",
"1293": "ClientInfo", "1294": "ClientProducer", "1295": "ClientType", "1296": "ClientVersion", "1297": "CommC", "1298": "CommCap",
"1299": "ContactInfo", "1300": "ContainedvCard", "1301": "Country", "1302": "Crossing1", "1303": "Crossing2",
"1304": "DevManufacturer", "1305": "DirectContent", "1306": "FreeTextLocation", "1307": "GeoLocation", "1308": "Language",
"1309": "Latitude", "1310": "Longitude", "1311": "Model", "1312": "NamedArea", "1313": "OnlineStatus", "1314": "PLMN",
"1315": "PrefC", "1316": "PreferredContacts", "1317": "PreferredLanguage", "1318": "ReferredContent", "1319": "ReferredvCard",
"1320": "Registration", "1321": "StatusContent", "1322": "StatusMood", "1323": "StatusText", "1324": "Street", "1325": "TimeZone",
"1326": "UserAvailability", "1327": "Cap", "1328": "Cname", "1329": "Contact", "1330": "Cpriority", "1331": "Cstatus",
"1332": "Note", "1333": "Zone", "1334": "ContentType", "1335": "Inf_link", "1336": "InfoLink", "1337": "Link", "1338": "Text",
"1541": "BlockList", "1542": "BlockEntity-Request", "1543": "DeliveryMethod", "1544": "DeliveryReport",
"1545": "DeliveryReport-Request", "1546": "ForwardMessage-Request", "1547": "GetBlockedList-Request",
"1548": "GetBlockedList-Response", "1549": "GetMessageList-Request", "1550": "GetMessageList-Response",
"1551": "GetMessage-Request", "1552": "GetMessage-Response", "1553": "GrantList", "1554": "MessageDelivered",
"1555": "MessageInfo", "1556": "MessageNotification", "1557": "NewMessage", "1558": "RejectMessage-Request",
"1559": "SendMessage-Request", "1560": "SendMessage-Response", "1561": "SetDeliveryMethod-Request", "1562": "DeliveryTime",
"1797": "AddGroupMembers-Request", "1798": "Admin", "1799": "CreateGroup-Request", "1800": "DeleteGroup-Request",
"1801": "GetGroupMembers-Request", "1802": "GetGroupMembers-Response", "1803": "GetGroupProps-Request",
"1804": "GetGroupProps-Response", "1805": "GroupChangeNotice", "1806": "GroupProperties", "1807": "Joined",
"1808": "JoinedRequest", "1809": "JoinGroup-Request", "1810": "JoinGroup-Response", "1811": "LeaveGroup-Request",
"1812": "LeaveGroup-Response", "1813": "Left", "1814": "MemberAccess-Request", "1815": "Mod", "1816": "OwnProperties",
"1817": "RejectList-Request", "1818": "RejectList-Response", "1819": "RemoveGroupMembers-Request",
"1820": "SetGroupProps-Request", "1821": "SubscribeGroupNotice-Request", "1822": "SubscribeGroupNotice-Response", "1823": "Users",
"1824": "WelcomeNote", "1825": "JoinGroup", "1826": "SubscribeNotification", "1827": "SubscribeType",
"1828": "GetJoinedUsers-Request", "1829": "GetJoinedUsers-Response", "1830": "AdminMapList", "1831": "AdminMapping",
"1832": "Mapping", "1833": "ModMapping", "1834": "UserMapList", "1835": "UserMapping", "2053": "MP", "2054": "GETAUT",
"2055": "GETJU", "2056": "VRID", "2057": "VerifyIDFunc", "2309": "CIR", "2310": "Domain", "2311": "ExtBlock",
"2312": "HistoryPeriod", "2313": "IDList", "2314": "MaxWatcherList", "2315": "ReactiveAuthState", "2316": "ReactiveAuthStatus",
"2317": "ReactiveAuthStatusList", "2318": "Watcher", "2319": "WatcherStatus", "2565": "WV-CSP-VersionDiscovery-Request",
"2566": "WV-CSP-VersionDiscovery-Response", "2567": "VersionList",
},
"1.3":
{
"5": "Acceptance", "6": "AddList", "7": "AddNickList", "8": "SName", "9": "WV-CSP-Message", "10": "ClientID", "11": "Code",
"12": "ContactList", "13": "ContentData", "14": "ContentEncoding", "15": "ContentSize", "16": "ContentType", "17": "DateTime",
"18": "Description", "19": "DetailedResult", "20": "EntityList", "21": "Group", "22": "GroupID", "23": "GroupList", "25": "Logo",
"26": "MessageCount", "27": "MessageID", "28": "MessageURI", "29": "MSISDN", "30": "Name", "31": "NickList", "32": "NickName",
"33": "Poll", "34": "Presence", "35": "PresenceSubList", "36": "PresenceValue", "37": "Property", "38": "Qualifier",
"39": "Recipient", "40": "RemoveList", "41": "RemoveNickList", "42": "Result", "43": "ScreenName", "44": "Sender",
"45": "Session", "46": "SessionDescriptor", "47": "SessionID", "48": "SessionType", "49": "Status", "50": "Transaction",
"51": "TransactionContent", "52": "TransactionDescriptor", "53": "TransactionID", "54": "TransactionMode", "55": "URL",
"56": "URLList", "57": "User", "58": "UserID", "59": "UserList", "60": "Validity", "61": "Value", "261": "AllFunctions",
"262": "AllFunctionsRequest", "263": "CancelInvite-Request", "264": "CancelInviteUser-Request", "266": "CapabilityList",
"267": "CapabilityRequest", "268": "ClientCapability-Request", "269": "ClientCapability-Response", "270": "DigestBytes",
"271": "DigestSchema", "272": "Disconnect", "273": "Functions", "274": "GetSPInfo-Request", "275": "GetSPInfo-Response",
"276": "InviteID", "277": "InviteNote", "278": "Invite-Request", "279": "Invite-Response", "280": "InviteType",
"281": "InviteUser-Request", "282": "InviteUser-Response", "283": "KeepAlive-Request", "284": "KeepAliveTime",
"285": "Login-Request", "286": "Login-Response", "287": "Logout-Request", "288": "Nonce", "289": "Password",
"290": "Polling-Request", "291": "ResponseNote", "292": "SearchElement", "293": "SearchFindings", "294": "SearchID",
"295": "SearchIndex", "296": "SearchLimit", "297": "KeepAlive-Response", "298": "SearchPairList", "299": "Search-Request",
"300": "Search-Response", "301": "SearchResult", "302": "Service-Request", "303": "Service-Response", "304": "SessionCookie",
"305": "StopSearch-Request", "306": "TimeToLive", "307": "SearchString", "308": "CompletionFlag", "310": "ReceiveList",
"311": "VerifyID-Request", "312": "Extended-Request", "313": "Extended-Response", "314": "AgreedCapabilityList",
"315": "ExtendedData", "316": "OtherServer", "317": "PresenceAttributeNSName", "318": "SessionNSName", "319": "TransactionNSName",
"517": "ADDGM", "519": "BLENT", "521": "CAINV", "523": "CCLI", "524": "ContListFunc", "525": "CREAG", "526": "DALI",
"527": "DCLI", "528": "DELGR", "529": "FundamentalFeat", "530": "FWMSG", "532": "GCLI", "533": "GETGM", "534": "GETGP",
"535": "GETLM", "536": "GETM", "537": "GETPR", "538": "GETSPI", "539": "GETWL", "540": "GLBLU", "541": "GRCHN",
"542": "GroupAuthFunc", "543": "GroupFeat", "544": "GroupMgmtFunc", "545": "GroupUseFunc", "546": "IMAuthFunc", "547": "IMFeat",
"548": "IMReceiveFunc", "549": "IMSendFunc", "550": "INVIT", "551": "InviteFunc", "552": "MBRAC", "553": "MCLS", "554": "MDELIV",
"555": "NEWM", "556": "NOTIF", "557": "PresenceAuthFunc", "558": "PresenceDeliverFunc", "559": "PresenceFeat", "561": "REJCM",
"562": "REJEC", "563": "RMVGM", "564": "SearchFunc", "565": "ServiceFunc", "566": "SETD", "567": "SETGP", "568": "SRCH",
"569": "STSRC", "570": "SUBGCN", "571": "UPDPR", "572": "WVCSPFeat", "573": "MF", "574": "MG", "575": "MM",
"775": "AcceptedContentType", "776": "AcceptedTransferEncoding", "777": "AnyContent", "778": "DefaultLanguage",
"779": "InitialDeliveryMethod", "780": "MultiTrans", "781": "ParserSize", "782": "ServerPollMin", "783": "SupportedBearer",
"784": "SupportedCIRMethod", "785": "TCPAddress", "786": "TCPPort", "787": "UDPPort", "788": "CIRHTTPAddress",
"789": "UDPAddress", "790": "AcceptedPullLength", "791": "AcceptedPushLength", "792": "AcceptedRichContentLength",
"793": "AcceptedTextContentLength", "794": "OfflineETEMHandling", "795": "PlainTextCharset", "796": "SessionPriority",
"797": "SupportedOfflineBearer", "799": "UserSessionLimit", "800": "CIRSMSAddress", "801": "MultiTransPerMessage",
"802": "OnlineETEMHandling", "803": "ContentPolicy", "804": "ContentPolicyLimit", "1030": "ContactListProperties",
"1031": "CreateAttributeList-Request", "1032": "CreateList-Request", "1033": "DefaultAttributeList", "1034": "DefaultContactList",
"1035": "DefaultList", "1036": "DeleteAttributeList-Request", "1037": "DeleteList-Request", "1038": "GetAttributeList-Request",
"1039": "GetAttributeList-Response", "1040": "GetList-Request", "1041": "GetList-Response", "1042": "GetPresence-Request",
"1043": "GetPresence-Response", "1044": "GetWatcherList-Request", "1045": "GetWatcherList-Response", "1046": "ListManage-Request",
"1047": "ListManage-Response", "1048": "UnsubscribePresence-Request", "1049": "PresenceAuth-Request", "1050": "PresenceAuth-User",
"1051": "PresenceNotification-Request", "1052": "UpdatePresence-Request", "1053": "SubscribePresence-Request",
"1057": "CreateList-Response", "1285": "Accuracy", "1286": "Address", "1287": "AddrPref", "1288": "Alias", "1289": "Altitude",
"1290": "Building", "1291": "Caddr", "1292": "City", "1293": "ClientInfo", "1294": "ClientProducer", "1295": "ClientType",
"1296": "ClientVersion", "1297": "CommC", "1298": "CommCap", "1299": "ContactInfo", "1300": "ContainedvCard", "1301": "Country",
"1302": "Crossing1", "1303": "Crossing2", "1304": "DevManufacturer", "1305": "DirectContent", "1306": "FreeTextLocation",
"1307": "GeoLocation", "1308": "Language", "1309": "Latitude", "1310": "Longitude", "1311": "Model", "1312": "NamedArea",
"1313": "OnlineStatus", "1314": "PLMN", "1315": "PrefC", "1316": "PreferredContacts", "1317": "PreferredLanguage",
"1318": "ReferredContent", "1319": "ReferredvCard", "1320": "Registration", "1321": "StatusContent", "1322": "StatusMood",
"1323": "StatusText", "1324": "Street", "1325": "TimeZone", "1326": "UserAvailability", "1327": "Cap", "1328": "Cname",
"1329": "Contact", "1330": "Cpriority", "1331": "Cstatus", "1332": "Note", "1333": "Zone", "1334": "ContentType",
"1335": "Inf_link", "1336": "InfoLink", "1337": "Link", "1338": "Text", "1339": "ClientContentLimit", "1340": "ClientIMPriority",
"1341": "MaxPullLength", "1342": "MaxPushLength", "1541": "BlockList", "1542": "BlockEntity-Request", "1543": "DeliveryMethod",
"1544": "DeliveryReport", "1545": "DeliveryReport-Request", "1546": "ForwardMessage-Request", "1547": "GetBlockedList-Request",
"1548": "GetBlockedList-Response", "1549": "GetMessageList-Request", "1550": "GetMessageList-Response",
"1551": "GetMessage-Request", "1552": "GetMessage-Response", "1553": "GrantList", "1554": "MessageDelivered",
"1555": "MessageInfo", "1556": "MessageNotification", "1557": "NewMessage", "1558": "RejectMessage-Request",
"1559": "SendMessage-Request", "1560": "SendMessage-Response", "1561": "SetDeliveryMethod-Request", "1562": "DeliveryTime",
"1568": "MessageInfoList", "1569": "ForwardMessage-Response", "1797": "AddGroupMembers-Request", "1798": "Admin",
"1799": "CreateGroup-Request", "1800": "DeleteGroup-Request", "1801": "GetGroupMembers-Request",
"1802": "GetGroupMembers-Response", "1803": "GetGroupProps-Request", "1804": "GetGroupProps-Response",
"1805": "GroupChangeNotice", "1806": "GroupProperties", "1807": "Joined", "1808": "JoinedRequest", "1809": "JoinGroup-Request",
"1810": "JoinGroup-Response", "1811": "LeaveGroup-Request", "1812": "LeaveGroup-Response", "1813": "Left",
"1814": "MemberAccess-Request", "1815": "Mod", "1816": "OwnProperties", "1817": "RejectList-Request",
"1818": "RejectList-Response", "1819": "RemoveGroupMembers-Request", "1820": "SetGroupProps-Request",
"1821": "SubscribeGroupNotice-Request", "1822": "SubscribeGroupNotice-Response", "1824": "WelcomeNote", "1825": "JoinGroup",
"1826": "SubscribeNotification", "1827": "SubscribeType", "1828": "GetJoinedUsers-Request", "1829": "GetJoinedUsers-Response",
"1830": "AdminMapList", "1831": "AdminMapping", "1832": "Mapping", "1833": "ModMapping", "1834": "UserMapList",
"1835": "UserMapping", "1836": "JoinedBlocked", "1837": "LeftBlocked", "2053": "MP", "2054": "GETAUT", "2055": "GETJU",
"2056": "VRID", "2057": "VerifyIDFunc", "2058": "GETMAP", "2059": "SGMNT", "2060": "EXCON", "2061": "OFFNOTIF", "2062": "ADVSR",
"2309": "CIR", "2310": "Domain", "2311": "ExtBlock", "2312": "HistoryPeriod", "2313": "IDList", "2314": "MaxWatcherList",
"2315": "AnswerOptionText", "2318": "Watcher", "2319": "WatcherStatus", "2320": "Font", "2321": "Size", "2322": "Style",
"2323": "Color", "2324": "ContentName", "2325": "Map", "2326": "NotificationType", "2327": "NotificationTypeList",
"2328": "FriendlyName", "2329": "ClearPublicProfile", "2330": "PublicProfile", "2331": "AnswerOption", "2332": "AnswerOptionID",
"2333": "AnswerOptions", "2334": "ApplicationID", "2335": "AuthorizeAndGrant", "2336": "ChosenOptionID",
"2337": "ContactListNotify", "2338": "DefaultNotify", "2339": "ExtendConversationUser", "2340": "InText", "2341": "SegmentCount",
"2342": "SegmentID", "2343": "SegmentInfo", "2344": "SegmentReference", "2345": "SystemMessage", "2346": "SystemMessageID",
"2347": "SystemMessageList", "2348": "SystemMessageResponse", "2349": "SystemMessageResponseList", "2351": "SystemMessageText",
"2352": "TryAgainTimeout", "2353": "UserNotify", "2354": "VerificationKey", "2355": "VerificationMechanism",
"2356": "GetMap-Request", "2357": "GetMap-Response", "2358": "ExtendConversationID", "2359": "WatcherCount",
"2360": "RequiresResponse", "2361": "ExtBlockETEM", "2362": "GroupContentLimit", "2363": "MessageTotalCount",
"2364": "UnrecognizedUserID", "2365": "UserIDPair", "2366": "ValidUserID", "2367": "UserIDList",
"2565": "WV-CSP-VersionDiscovery-Request", "2566": "WV-CSP-VersionDiscovery-Response", "2567": "VersionList",
"2568": "SubscribeNotification-Request", "2569": "UnsubscribeNotification-Request", "2570": "Notification-Request",
"2571": "AdvancedCriteria", "2572": "PairID", "2573": "GetPublicProfile-Request", "2574": "GetPublicProfile-Response",
"2575": "UpdatePublicProfile-Request", "2576": "DropSegment-Request", "2577": "ExtendConversation-Response",
"2578": "ExtendConversation-Request", "2579": "GetSegment-Request", "2580": "GetSegment-Response",
"2581": "SystemMessage-Request", "2582": "SystemMessage-User", "2583": "SearchPair", "2584": "SegmentContent",
"2821": "GrantListInUse", "2822": "BlockListInUse", "2823": "ContactListIDList", "2824": "AnswerOptionsText",
},
}
;

export const VALUES =
{
"1.0":
{

},
"1.1":
{
"0": "AccessType", "1": "ActiveUsers", "2": "Admin", "3": "application/", "4": "application/vnd.wap.mms-message",
"5": "application/x-sms", "6": "AutoJoin", "7": "BASE64", "8": "Closed", "9": "Default", "10": "DisplayName", "11": "F",
"12": "G", "13": "GR", "14": "http://", "15": "https://", "16": "image/", "17": "Inband", "18": "IM", "19": "MaxActiveUsers",
"20": "Mod", "21": "Name", "22": "None", "23": "N", "24": "Open", "25": "Outband", "26": "PR", "27": "Private",
"28": "PrivateMessaging", "29": "PrivilegeLevel", "30": "Public", "31": "P", "32": "Request", "33": "Response",
"34": "Restricted", "35": "ScreenName", "36": "Searchable", "37": "S", "38": "SC", "39": "text/", "40": "text/plain",
"41": "text/x-vCalendar", "42": "text/x-vCard", "43": "Topic", "44": "T", "45": "Type", "46": "U", "47": "US",
"48": "www.wireless-village.org", "61": "GROUP_ID", "62": "GROUP_NAME", "63": "GROUP_TOPIC", "64": "GROUP_USER_ID_JOINED",
"65": "GROUP_USER_ID_OWNER", "66": "HTTP", "67": "SMS", "68": "STCP", "69": "SUDP", "70": "USER_ALIAS",
"71": "USER_EMAIL_ADDRESS", "72": "USER_FIRST_NAME", "73": "USER_ID", "74": "USER_LAST_NAME", "75": "USER_MOBILE_NUMBER",
"76": "USER_ONLINE_STATUS", "77": "WAPSMS", "78": "WAPUDP", "79": "WSP", "91": "ANGRY", "92": "ANXIOUS", "93": "ASHAMED",
"94": "AUDIO_CALL", "95": "AVAILABLE", "96": "BORED", "97": "CALL", "98": "CLI", "99": "COMPUTER", "100": "DISCREET",
"101": "EMAIL", "102": "EXCITED", "103": "HAPPY", "104": "IM", "105": "IM_OFFLINE", "106": "IM_ONLINE", "107": "IN_LOVE",
"108": "INVINCIBLE", "109": "JEALOUS", "110": "MMS", "111": "MOBILE_PHONE", "112": "NOT_AVAILABLE", "113": "OTHER", "114": "PDA",
"115": "SAD", "116": "SLEEPY", "117": "SMS", "118": "VIDEO_CALL", "119": "VIDEO_STREAM",
},
"1.2":
{
"0": "AccessType", "1": "ActiveUsers", "2": "Admin", "3": "application/", "4": "application/vnd.wap.mms-message",
"5": "application/x-sms", "6": "AutoJoin", "7": "BASE64", "8": "Closed", "9": "Default", "10": "DisplayName", "11": "F",
"12": "G", "13": "GR", "14": "http://", "15": "https://", "16": "image/", "17": "Inband", "18": "IM", "19": "MaxActiveUsers",
"20": "Mod", "21": "Name", "22": "None", "23": "N", "24": "Open", "25": "Outband", "26": "PR", "27": "Private",
"28": "PrivateMessaging", "29": "PrivilegeLevel", "30": "Public", "31": "P", "32": "Request", "33": "Response",
"34": "Restricted", "35": "ScreenName", "36": "Searchable", "37": "S", "38": "SC", "39": "text/", "40": "text/plain",
"41": "text/x-vCalendar", "42": "text/x-vCard", "43": "Topic", "44": "T", "45": "Type", "46": "U", "47": "US",
"48": "www.wireless-village.org", "49": "AutoDelete", "50": "GM", "51": "Validity", "52": "DENIED", "53": "GRANTED",
"54": "PENDING", "55": "ShowID", "61": "GROUP_ID", "62": "GROUP_NAME", "63": "GROUP_TOPIC", "64": "GROUP_USER_ID_JOINED",
"65": "GROUP_USER_ID_OWNER", "66": "HTTP", "67": "SMS", "68": "STCP", "69": "SUDP", "70": "USER_ALIAS",
"71": "USER_EMAIL_ADDRESS", "72": "USER_FIRST_NAME", "73": "USER_ID", "74": "USER_LAST_NAME", "75": "USER_MOBILE_NUMBER",
"76": "USER_ONLINE_STATUS", "77": "WAPSMS", "78": "WAPUDP", "79": "WSP", "80": "GROUP_USER_ID_AUTOJOIN", "91": "ANGRY",
"92": "ANXIOUS", "93": "ASHAMED", "94": "AUDIO_CALL", "95": "AVAILABLE", "96": "BORED", "97": "CALL", "98": "CLI",
"99": "COMPUTER", "100": "DISCREET", "101": "EMAIL", "102": "EXCITED", "103": "HAPPY", "104": "IM", "105": "IM_OFFLINE",
"106": "IM_ONLINE", "107": "IN_LOVE", "108": "INVINCIBLE", "109": "JEALOUS", "110": "MMS", "111": "MOBILE_PHONE",
"112": "NOT_AVAILABLE", "113": "OTHER", "114": "PDA", "115": "SAD", "116": "SLEEPY", "117": "SMS", "118": "VIDEO_CALL",
"119": "VIDEO_STREAM", "164": "SSMS", "165": "SHTTP",
},
"1.3":
{
"0": "AccessType", "1": "ActiveUsers", "2": "Admin", "3": "application/", "4": "application/vnd.wap.mms-message",
"5": "application/x-sms", "6": "AutoJoin", "7": "BASE64", "8": "Closed", "9": "Default", "10": "DisplayName", "11": "F",
"12": "G", "13": "GR", "14": "http://", "15": "https://", "16": "image/", "17": "Inband", "18": "IM", "19": "MaxActiveUsers",
"20": "Mod", "21": "Name", "22": "None", "23": "N", "24": "Open", "25": "Outband", "26": "PR", "27": "Private",
"28": "PrivateMessaging", "29": "PrivilegeLevel", "30": "Public", "31": "P", "32": "Request", "33": "Response",
"34": "Restricted", "35": "ScreenName", "36": "Searchable", "37": "S", "38": "SC", "39": "text/", "40": "text/plain",
"41": "text/x-vCalendar", "42": "text/x-vCard", "43": "Topic", "44": "T", "45": "Type", "46": "U", "47": "US",
"48": "www.wireless-village.org", "49": "AutoDelete", "50": "GM", "51": "Validity", "52": "DENIED", "53": "GRANTED",
"54": "PENDING", "55": "ShowID", "56": "RequireInvitation", "57": "Tiny", "58": "PPU", "59": "SPA", "60": "ANC", "61": "GROUP_ID",
"62": "GROUP_NAME", "63": "GROUP_TOPIC", "64": "GROUP_USER_ID_JOINED", "65": "GROUP_USER_ID_OWNER", "66": "HTTP", "67": "SMS",
"68": "STCP", "69": "SUDP", "70": "USER_ALIAS", "71": "USER_EMAIL_ADDRESS", "72": "USER_FIRST_NAME", "73": "USER_ID",
"74": "USER_LAST_NAME", "75": "USER_MOBILE_NUMBER", "76": "USER_ONLINE_STATUS", "77": "WAPSMS", "78": "WAPUDP", "79": "WSP",
"80": "GROUP_USER_ID_AUTOJOIN", "81": "AND", "82": "AC", "83": "BLC", "84": "BLUC", "85": "CLCR", "86": "CLD", "87": "GC",
"88": "GD", "89": "GLC", "90": "ANU", "91": "ANGRY", "92": "ANXIOUS", "93": "ASHAMED", "95": "AVAILABLE", "96": "BORED",
"97": "CALL", "98": "CLI", "99": "COMPUTER", "100": "DISCREET", "101": "EMAIL", "102": "EXCITED", "103": "HAPPY", "104": "AP",
"107": "IN_LOVE", "108": "INVINCIBLE", "109": "JEALOUS", "110": "MMS", "111": "MOBILE_PHONE", "112": "NOT_AVAILABLE",
"113": "OTHER", "114": "PDA", "115": "SAD", "116": "SLEEPY", "117": "SMS", "120": "www.openmobilealliance.org", "121": "Small",
"122": "Medium", "123": "Big", "124": "Huge", "125": "Bold", "126": "Italic", "127": "Underline", "128": "Black", "129": "Silver",
"130": "Gray", "131": "White", "132": "Maroon", "133": "Red", "134": "Purple", "135": "Fuchsia", "136": "Green", "137": "Lime",
"138": "Olive", "139": "Yellow", "140": "Navy", "141": "Blue", "142": "Teal", "143": "Aqua", "144": "ATCL", "145": "CLC",
"147": "USER_CITY", "148": "USER_COUNTRY", "149": "USER_FRIENDLY_NAME", "150": "USER_GENDER", "151": "USER_INTENTION",
"152": "USER_INTERESTS_HOBBIES", "153": "USER_MARITAL_STATUS", "154": "PRIORITYREJECT", "155": "PRIORITYSTORE", "156": "REJECT",
"157": "SENDREJECT", "158": "SENDSTORE", "159": "IR", "160": "EC", "161": "GLUC", "162": "IA", "163": "IC", "164": "SSMS",
"165": "SHTTP", "166": "DoNotNotify", "167": "GMAU", "168": "GMG", "169": "GMR", "170": "GMU", "171": "DETECT", "172": "FORKALL",
"173": "OEU", "174": "SERVERLOGIC", "175": "PP_AGE", "176": "PP_CITY", "177": "PP_COUNTRY", "178": "PP_FRIENDLY_NAME",
"179": "PP_FREE_TEXT", "180": "PP_GENDER", "181": "PP_INTENTION", "182": "PP_INTERESTS", "183": "PP_MARITAL_STATUS",
"184": "USER_AGE_MAX", "185": "USER_AGE_MIN", "186": "EG", "187": "MinimumAge", "188": "C", "189": "CURRENT_SUBSCRIBER",
"190": "FORMER_SUBSCRIBER", "191": "PRESENCE_ACCESS", "192": "R",
},
}
;

export const ATTRIBUTE_STARTS =
{
"5": ["xmlns", "http://www.wireless-village.org/CSP"], "6": ["xmlns", "http://www.wireless-village.org/PA"],
"7": ["xmlns", "http://www.wireless-village.org/TRC"], "8": ["xmlns", "http://www.openmobilealliance.org/DTD/WV-CSP"],
"9": ["xmlns", "http://www.openmobilealliance.org/DTD/WV-PA"], "10": ["xmlns", "http://www.openmobilealliance.org/DTD/WV-TRC"],
"11": ["xmlns", "http://www.openmobilealliance.org/DTD/IMPS-CSP"],
"12": ["xmlns", "http://www.openmobilealliance.org/DTD/IMPS-PA"],
"13": ["xmlns", "http://www.openmobilealliance.org/DTD/IMPS-TRC"],
}
;

export const DATATYPES =
{
"Acceptance": "boolean", "AcceptedCharset": "integer", "AcceptedContentLength": "integer", "AcceptedPullLength": "integer",
"AcceptedPushLength": "integer", "AcceptedRichContentLength": "integer", "AcceptedTextContentLength": "integer",
"AcceptedTransferEncoding": "enum", "Accuracy": "integer", "AllFunctionsRequest": "boolean", "Altitude": "integer",
"AnswerOptionID": "integer", "AnyContent": "boolean", "AuthorizeAndGrant": "boolean", "AutoSubscribe": "boolean",
"BlockListInUse": "boolean", "CIR": "boolean", "Cap": "enum", "CapabilityRequest": "boolean", "ChosenOptionID": "integer",
"ClearPublicProfile": "boolean", "ClientIMPriority": "integer", "ClientType": "enum", "Code": "integer",
"CompletionFlag": "boolean", "ContactListNotify": "boolean", "ContentEncoding": "enum", "ContentPolicy": "enum",
"ContentPolicyLimit": "integer", "ContentSize": "integer", "Cpriority": "integer", "DateTime": "datetime",
"DefaultList": "boolean", "DefaultNotify": "boolean", "DeliveryMethod": "enum", "DeliveryReport": "boolean",
"DeliveryTime": "datetime", "DigestSchema": "enum", "GrantListInUse": "boolean", "GroupContentLimit": "integer",
"HistoryPeriod": "integer", "InUse": "boolean", "InitialDeliveryMethod": "enum", "InviteType": "enum", "JoinGroup": "boolean",
"JoinedRequest": "boolean", "KeepAliveTime": "integer", "MaxPullLength": "integer", "MaxPushLength": "integer",
"MaxWatcherList": "integer", "MessageCount": "integer", "MessageTotalCount": "integer", "MultiTrans": "integer",
"MultiTransPerMessage": "integer", "NotificationType": "enum", "OfflineETEMHandling": "enum", "OnlineETEMHandling": "enum",
"PairID": "integer", "ParserSize": "integer", "PlainTextCharset": "integer", "Poll": "boolean", "Qualifier": "boolean",
"ReactiveAuthState": "enum", "ReceiveList": "boolean", "RequiresResponse": "boolean", "SearchElement": "enum",
"SearchFindings": "integer", "SearchID": "integer", "SearchIndex": "integer", "SearchLimit": "integer", "SegmentCount": "integer",
"SegmentReference": "integer", "ServerPollMin": "integer", "SessionPriority": "integer", "SessionType": "enum",
"StatusMood": "enum", "SubscribeNotification": "boolean", "SubscribeType": "enum", "SupportedBearer": "enum",
"SupportedCIRMethod": "enum", "TCPPort": "integer", "TimeToLive": "integer", "TransactionMode": "enum",
"TryAgainTimeout": "integer", "UDPPort": "integer", "UserAvailability": "enum", "UserNotify": "boolean",
"UserSessionLimit": "integer", "Validity": "integer", "WatcherCount": "integer", "WatcherStatus": "enum", "UDPAddress": "string",
"ContentData": "content", "ADDGM": "empty", "ADVSR": "empty", "BLENT": "empty", "CAAUT": "empty", "CAINV": "empty",
"CALI": "empty", "CCLI": "empty", "CREAG": "empty", "DALI": "empty", "DCLI": "empty", "DELGR": "empty", "EXCON": "empty",
"FWMSG": "empty", "GALS": "empty", "GCLI": "empty", "GETAUT": "empty", "GETGM": "empty", "GETGP": "empty", "GETJU": "empty",
"GETLM": "empty", "GETM": "empty", "GETMAP": "empty", "GETPR": "empty", "GETSPI": "empty", "GETWL": "empty", "GLBLU": "empty",
"GRCHN": "empty", "INVIT": "empty", "MBRAC": "empty", "MCLS": "empty", "MDELIV": "empty", "MF": "empty", "MG": "empty",
"MM": "empty", "MP": "empty", "NEWM": "empty", "NOTIF": "empty", "OFFNOTIF": "empty", "REACT": "empty", "REJCM": "empty",
"REJEC": "empty", "RMVGM": "empty", "SETD": "empty", "SETGP": "empty", "SGMNT": "empty", "SRCH": "empty", "STSRC": "empty",
"SUBGCN": "empty", "UPDPR": "empty", "VRID": "empty", "Logout-Request": "empty", "Polling-Request": "empty",
"GetList-Request": "empty", "GetBlockedList-Request": "empty",
}
;

export const PUBLIC_IDS =
{
"1.0": "-//WIRELESSVILLAGE//DTD CSP 1.0//EN", "1.1": "-//OMA//DTD WV-CSP 1.1//EN", "1.2": "-//OMA//DTD WV-CSP 1.2//EN",
"1.3": "-//OMA//DTD IMPS-CSP 1.3//EN",
}
;

export const OTHER_PUBLIC_IDS =
{
"1.0": ["-//OMA//DTD WV-CSP 1.0//EN"], "1.1": ["-//WIRELESSVILLAGE//DTD CSP 1.1//EN", "-//IMPS/DTD Imps v1.1/EN"],
"1.2": ["-//OMA//DTD IMPS-CSP 1.2//EN"], "1.3": [],
}
;

export const SYSTEM_IDS =
{
"1.0": "http://www.wireless-village.org/DTD/WV-CSP.DTD", "1.1": "http://www.openmobilealliance.org/DTD/WV-CSP.XML",
"1.2": "http://www.openmobilealliance.org/DTD/WV-CSP.DTD", "1.3": "http://www.openmobilealliance.org/DTD/IMPS-CSP.DTD",
}
;

export const WBXML_PUBLIC_IDS =
{
"1.0": 15, "1.1": 16, "1.2": 17, "1.3": 18,
}
;

export const NAMESPACES =
{
"1.0":
{
"WV-CSP-Message": "http://www.wireless-village.org/CSP1.0", "TransactionContent": "http://www.wireless-village.org/TRC1.0",
"PresenceSubList": "http://www.wireless-village.org/PA1.0",
},
"1.1":
{
"WV-CSP-Message": "http://www.wireless-village.org/CSP1.1", "TransactionContent": "http://www.wireless-village.org/TRC1.1",
"PresenceSubList": "http://www.wireless-village.org/PA1.1",
},
"1.2":
{
"WV-CSP-Message": "http://www.openmobilealliance.org/DTD/WV-CSP1.2",
"TransactionContent": "http://www.openmobilealliance.org/DTD/WV-TRC1.2",
"PresenceSubList": "http://www.openmobilealliance.org/DTD/WV-PA1.2",
},
"1.3":
{
"WV-CSP-Message": "http://www.openmobilealliance.org/DTD/IMPS-CSP1.3",
"TransactionContent": "http://www.openmobilealliance.org/DTD/IMPS-TRC1.3",
"PresenceSubList": "http://www.openmobilealliance.org/DTD/IMPS-PA1.3",
},
}
;

export const XML_TYPES =
{
"1.0": "application/vnd.wv.csp.xml", "1.1": "application/vnd.wv.csp.xml", "1.2": "application/vnd.wv.csp.xml",
"1.3": "application/vnd.wv.csp+xml",
}
;

export const WBXML_TYPES =
{
"1.0": "application/vnd.wv.csp.wbxml", "1.1": "application/vnd.wv.csp.wbxml", "1.2": "application/vnd.wv.csp.wbxml",
"1.3": "application/vnd.wv.csp+wbxml",
}
;

export const NAME_ALIASES =
{
"auto-subscribe": "AutoSubscribe", "extended-data": "ExtendedData", "keepaliveresponse": "KeepAlive-Response",
"preferredcontent": "ReferredContent", "preferredvcard": "ReferredvCard", "inf-link": "Inf_link",
"wv-csp-nsdiscovery-request": "WV-CSP-VersionDiscovery-Request",
"wv-csp-nsdiscovery-response": "WV-CSP-VersionDiscovery-Response",
}
;

export const TEXT_INTEGERS =
[
"Accuracy", "Altitude", "ClientIMPriority", "Cpriority", "MaxPullLength", "MaxPushLength",
]
;

export const TOKEN_ELEMENTS =
[
"AcceptedContentType", "AcceptedTransferEncoding", "Color", "ContentEncoding", "ContentType", "Cstatus", "Name", "PrefC",
"PresenceValue", "Size", "Status", "Style", "SupportedOfflineBearer", "Value",
]
;

export const BOOLEAN_TEXTS =
{
"t": "T", "true": "T", "1": "T", "y": "T", "yes": "T", "f": "F", "false": "F", "0": "F", "n": "F", "no": "F",
}
;

export const CHARSETS =
{
"3": "ascii", "5": "iso8859-2", "6": "iso8859-3", "7": "iso8859-4", "8": "iso8859-5", "9": "iso8859-6", "10": "iso8859-7",
"11": "iso8859-8", "12": "iso8859-9", "4": "latin-1", "17": "shift_jis", "18": "euc_jp", "38": "euc_kr", "106": "utf-8",
"111": "iso8859-15", "113": "gbk", "114": "gb18030", "2025": "gb2312", "2026": "big5", "2084": "koi8-r", "2250": "cp1250",
"2251": "cp1251", "2252": "cp1252", "2253": "cp1253", "2254": "cp1254", "2255": "cp1255", "2256": "cp1256", "2257": "cp1257",
"2258": "cp1258",
}
;

export const CHARSETS_OF_HTTP =
{
"ascii": "ascii", "iso8859-2": "iso8859-2", "iso8859-3": "iso8859-3", "iso8859-4": "iso8859-4", "iso8859-5": "iso8859-5",
"iso8859-6": "iso8859-6", "iso8859-7": "iso8859-7", "iso8859-8": "iso8859-8", "iso8859-9": "iso8859-9", "latin-1": "latin-1",
"shift_jis": "shift_jis", "euc_jp": "euc_jp", "euc_kr": "euc_kr", "utf-8": "utf-8", "iso8859-15": "iso8859-15", "gbk": "gbk",
"gb18030": "gb18030", "gb2312": "gb2312", "big5": "big5", "koi8-r": "koi8-r", "cp1250": "cp1250", "cp1251": "cp1251",
"cp1252": "cp1252", "cp1253": "cp1253", "cp1254": "cp1254", "cp1255": "cp1255", "cp1256": "cp1256", "cp1257": "cp1257",
"cp1258": "cp1258", "iso-8859-2": "iso8859-2", "iso-8859-3": "iso8859-3", "iso-8859-4": "iso8859-4", "iso-8859-5": "iso8859-5",
"iso-8859-6": "iso8859-6", "iso-8859-7": "iso8859-7", "iso-8859-8": "iso8859-8", "iso-8859-9": "iso8859-9",
"iso-8859-15": "iso8859-15", "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1252": "cp1252",
"windows-1253": "cp1253", "windows-1254": "cp1254", "windows-1255": "cp1255", "windows-1256": "cp1256", "windows-1257": "cp1257",
"windows-1258": "cp1258", "shift-jis": "shift_jis", "euc-jp": "euc_jp", "euc-kr": "euc_kr", "utf8": "utf-8", "us-ascii": "ascii",
"iso-8859-1": "latin-1", "latin1": "latin-1",
}
;

export const LIMITS =
{
"MAX_ELEMENT_DEPTH": 32, "MAX_ELEMENTS": 4000, "MAX_TEXT_ITEMS": 16000, "MAX_DOCUMENT_BYTES": 262144, "MAX_NAME_LENGTH": 128,
}
;
