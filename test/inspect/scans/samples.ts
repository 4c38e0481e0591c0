/** Reports as the scanners write them, cut down to two hosts. */

export const nessus = `<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>Basic</policyName><Preferences><ServerPreferences><preference><name>plugin_set</name><value>1;2</value></preference></ServerPreferences></Preferences></Policy>
<Report name="OA weekly" xmlns:cm="http://www.nessus.org/cm">
<ReportHost name="10.0.0.1"><HostProperties>
<tag name="HOST_END_TIMESTAMP">1794312000</tag>
<tag name="Credentialed_Scan">true</tag>
<tag name="host-ip">10.0.0.1</tag>
<tag name="HOST_START">Tue Nov 10 10:00:00 2026</tag>
</HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="4" pluginID="156032" pluginName="Apache Log4j &lt; 2.15.0 RCE" pluginFamily="Misc.">
<cvss3_base_score>10.0</cvss3_base_score>
<cvss_base_score>9.3</cvss_base_score>
<description>The version is &lt; 2.15.0.
More text.</description>
<risk_factor>Critical</risk_factor>
<plugin_output>
  Path : /opt/oa/lib/log4j-core-2.14.1.jar
</plugin_output>
</ReportItem>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506" pluginName="Nessus Scan Information" pluginFamily="Settings"></ReportItem>
<ReportItem port="22" svc_name="ssh" protocol="tcp" severity="2" pluginID="70658" pluginName="SSH Server CBC Mode Ciphers Enabled" pluginFamily="Misc."><cvss_base_score>4.3</cvss_base_score></ReportItem>
</ReportHost>
<ReportHost name="10.0.0.2"><HostProperties><tag name="HOST_END_TIMESTAMP">1794311000</tag></HostProperties>
<ReportItem port="445" svc_name="cifs" protocol="tcp" severity="3" pluginID="57608" pluginName="SMB Signing not required" pluginFamily="Misc."></ReportItem>
</ReportHost>
</Report>
</NessusClientData_v2>`;

export const openvas = `<report id="36c9c5ed" format_id="a994b278" extension="xml" content_type="text/xml">
<owner><name>admin</name></owner><name>2026-11-10T10:00:00Z</name>
<report id="36c9c5ed"><gmp><version>22.4</version></gmp>
<host><ip>10.0.0.1</ip><asset asset_id="b1"/><start>2026-11-10T10:00:00Z</start><end>2026-11-10T12:00:00Z</end><detail><name>best_os_txt</name><value>Debian</value></detail></host>
<host><ip>10.0.0.9</ip></host>
<ports start="1" max="-1"><count>1</count><port>443/tcp<host>10.0.0.1</host><severity>9.8</severity><threat>High</threat></port></ports>
<results start="1" max="100">
<result id="r1"><name>OpenSSL end of life</name><owner><name>admin</name></owner><host>10.0.0.1<asset asset_id="b1"/><hostname>oa</hostname></host><port>443/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.1"><type>nvt</type><name>OpenSSL end of life</name><family>General</family><cvss_base>9.8</cvss_base><severities score="98"><severity type="cvss_base_v3"><value>CVSS:3.1/AV:N</value></severity></severities></nvt>
<threat>High</threat><severity>9.8</severity><qod><value>80</value></qod><description>It is &amp; was.</description></result>
<result id="r2"><name>TCP timestamps</name><host>10.0.0.1</host><port>general/tcp</port><nvt oid="1.3.6.1.4.1.25623.1.0.80091"><name>TCP timestamps</name><cvss_base>2.6</cvss_base></nvt><threat>Low</threat><severity>2.6</severity></result>
<result id="r3"><name>CPE inventory</name><host>10.0.0.1</host><port>general/CPE-T</port><nvt oid="1.3.6.1.4.1.25623.1.0.810002"/><threat>Log</threat><severity>0.0</severity></result>
<result id="r4"><name>Wrong guess</name><host>10.0.0.1</host><port>80/tcp</port><nvt oid="1.2"/><threat>False Positive</threat><severity>-1.0</severity></result>
</results>
<result_count>4<full>4</full><filtered>4</filtered></result_count>
<scan_start>2026-11-10T10:00:00Z</scan_start><scan_end>2026-11-10T12:00:00Z</scan_end>
</report></report>`;

export const qualysScan = `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE SCAN SYSTEM "https://qualysapi.qualys.com/scan-1.dtd">
<SCAN value="scan/1794312000.12345">
<HEADER><KEY value="USERNAME">oa</KEY><KEY value="DATE"><![CDATA[2026-11-10T12:00:00Z]]></KEY><OPTION_PROFILE><OPTION_PROFILE_TITLE>x</OPTION_PROFILE_TITLE></OPTION_PROFILE></HEADER>
<IP value="10.0.0.1" name="oa">
<OS><![CDATA[Linux]]></OS>
<INFOS><CAT value="Information gathering"><INFO number="6" severity="1"><TITLE><![CDATA[DNS Host Name]]></TITLE></INFO></CAT></INFOS>
<VULNS><CAT value="Web server" port="443" protocol="tcp"><VULN number="38170" severity="5" cveid="CVE-2026-1"><TITLE><![CDATA[SSL <broken>]]></TITLE><CVSS_BASE>9.0</CVSS_BASE></VULN></CAT>
<CAT value="General remote services"><VULN number="38739" severity="3"><TITLE><![CDATA[Weak SSH]]></TITLE></VULN></CAT></VULNS>
<PRACTICES><CAT value="CGI" port="80" protocol="tcp"><PRACTICE number="86729" severity="2"><TITLE><![CDATA[AutoComplete]]></TITLE></PRACTICE></CAT></PRACTICES>
</IP>
<IP value="10.0.0.2" name="No registered hostname"></IP>
</SCAN>`;

export const qualysReport = `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE ASSET_DATA_REPORT SYSTEM "https://qualysguard.qualys.com/asset_data_report.dtd">
<ASSET_DATA_REPORT><HEADER><COMPANY><![CDATA[OA]]></COMPANY><GENERATION_DATETIME>2026-11-10T12:00:00Z</GENERATION_DATETIME></HEADER>
<HOST_LIST><HOST><IP network_id="0">10.0.0.1</IP><TRACKING_METHOD>IP</TRACKING_METHOD><VULN_INFO_LIST>
<VULN_INFO><QID id="qid_38170">38170</QID><TYPE>Vuln</TYPE><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL><SSL>true</SSL><VULN_STATUS>Active</VULN_STATUS></VULN_INFO>
<VULN_INFO><QID id="qid_6">6</QID><TYPE>Ig</TYPE></VULN_INFO>
<VULN_INFO><QID id="qid_38170">38170</QID><TYPE>Vuln</TYPE><PORT>8443</PORT><PROTOCOL>tcp</PROTOCOL><VULN_STATUS>Fixed</VULN_STATUS></VULN_INFO>
</VULN_INFO_LIST></HOST></HOST_LIST>
<GLOSSARY><VULN_DETAILS_LIST><VULN_DETAILS id="qid_38170"><QID id="qid_38170">38170</QID><TITLE><![CDATA[SSL broken]]></TITLE><SEVERITY>5</SEVERITY><CVSS_SCORE><CVSS_BASE source="service">9.0</CVSS_BASE></CVSS_SCORE></VULN_DETAILS>
<VULN_DETAILS id="qid_6"><QID id="qid_6">6</QID><TITLE>DNS</TITLE><SEVERITY>1</SEVERITY></VULN_DETAILS></VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>`;

export const qualysDetections = `<?xml version="1.0" encoding="UTF-8" ?>
<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2026-11-10T12:00:00Z</DATETIME><HOST_LIST><HOST><ID>1</ID><IP>10.0.0.1</IP><DNS>oa</DNS><DETECTION_LIST>
<DETECTION><QID>38170</QID><TYPE>Confirmed</TYPE><SEVERITY>4</SEVERITY><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL><STATUS>Re-Opened</STATUS></DETECTION>
<DETECTION><QID>1</QID><TYPE>Confirmed</TYPE><SEVERITY>5</SEVERITY><STATUS>Fixed</STATUS></DETECTION>
</DETECTION_LIST></HOST></HOST_LIST></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>`;

export const qualysCsv = `"Weekly","11/10/2026 at 12:00:00 (GMT+0000)"
"OA","Street 1","Beijing"

"IP","DNS","NetBIOS","OS","IP Status","QID","Title","Type","Severity","Port","Protocol","SSL","CVE ID","Last Detected","CVSS Base","Vuln Status","Results"
"10.0.0.1","oa",,"Linux","host scanned, found vuln","38170","SSL ""broken"", again","Vuln","5","443","tcp","yes","CVE-2026-1","2026-11-10T12:00:00Z","9.0 (AV:N/AC:L/Au:N/C:C/I:C/A:C)","Active","line one
line two"
"10.0.0.1","oa",,"Linux","host scanned, found vuln","6","DNS Host Name","Ig","1",,,,,"2026-11-10T12:00:00Z",,,""
"10.0.0.2",,,,"host scanned, no vuln",,,,,,,,,,,,
`;
