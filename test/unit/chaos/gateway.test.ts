import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRoutes } from '../../chaos/gateway.ts';

const rules = `*nat
-A KUBE-SEP-EVRCUPRTFFX6OFT3 -p tcp -m comment --comment "chaos-1/acme:mcp" -m tcp -j DNAT --to-destination 10.90.3.61:8443
-A KUBE-SERVICES -d 10.91.59.4/32 -p tcp -m comment --comment "chaos-4/acme:mcp cluster IP" -m tcp --dport 8443 -j KUBE-SVC-CLR2C4EDSVFNE2EY
-A KUBE-SVC-CLR2C4EDSVFNE2EY -m comment --comment "chaos-4/acme:mcp -> 10.90.3.39:8443" -j KUBE-SEP-HKU64RHLIL5WYGTR
-A KUBE-SVC-OG7733EMAVXX4CCZ -m comment --comment "chaos-1/acme:mcp -> 10.90.3.61:8443" -m statistic --mode random -j KUBE-SEP-EVRCUPRTFFX6OFT3
-A KUBE-SVC-OG7733EMAVXX4CCZ -m comment --comment "chaos-1/acme:mcp -> 10.90.2.7:8443" -j KUBE-SEP-AAAA
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.90.1.2:53" -j KUBE-SEP-BBBB
`;

describe('routes of the gateway', () => {
	it('are read from what kube-proxy wrote', () => {
		assert.deepEqual(Object.fromEntries(parseRoutes(rules)), {
			'chaos-4/acme': ['10.90.3.39'],
			'chaos-1/acme': ['10.90.3.61', '10.90.2.7'],
		});
	});
	it('are none in an empty table', () => assert.equal(parseRoutes('*nat\nCOMMIT\n').size, 0));
});
