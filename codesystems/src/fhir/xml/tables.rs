//! The elements of the types that are converted: one line a type, in the order of the
//! specification, `name:type*`; without a type it is a string, `*` says that it repeats.
//!
//! Source: FHIR 4.0.1 and 5.0.0, resource and data type definitions. Where the two differ, both
//! elements are listed. Coded strings are listed as strings: JSON and XML write them alike.

/// Resources without narrative, contained resources and extensions.
pub(super) const RESOURCES: [&str; 2] = ["Parameters", "Bundle"];

/// All other resources.
pub(super) const DOMAIN_RESOURCES: [&str; 7] = [
    "CodeSystem",
    "ValueSet",
    "ConceptMap",
    "NamingSystem",
    "OperationOutcome",
    "CapabilityStatement",
    "TerminologyCapabilities",
];

/// Data types that may have modifier extensions.
pub(super) const BACKBONE: [&str; 1] = ["Timing"];

/// The types.
pub(super) const TYPES: &str = "
Element =
Extension = value[x]
Meta = versionId lastUpdated source profile* security:Coding* tag:Coding*
Narrative = status div:xhtml
Coding = system version code display userSelected:boolean
CodeableConcept = coding:Coding* text
CodeableReference = concept:CodeableConcept reference:Reference
Identifier = use type:CodeableConcept system value period:Period assigner:Reference
Reference = reference type identifier:Identifier display
Period = start end
Quantity = value:decimal comparator unit system code
Age = value:decimal comparator unit system code
Count = value:decimal comparator unit system code
Distance = value:decimal comparator unit system code
Duration = value:decimal comparator unit system code
Money = value:decimal currency
Range = low:Quantity high:Quantity
Ratio = numerator:Quantity denominator:Quantity
RatioRange = lowNumerator:Quantity highNumerator:Quantity denominator:Quantity
ContactPoint = system value use rank:positiveInt period:Period
ContactDetail = name telecom:ContactPoint*
ExtendedContactDetail = purpose:CodeableConcept name:HumanName* telecom:ContactPoint* address:Address organization:Reference period:Period
Contributor = type name contact:ContactDetail*
UsageContext = code:Coding value[x]
Annotation = author[x] time text
Attachment = contentType language data url size:unsignedInt hash title creation height:positiveInt width:positiveInt frames:positiveInt duration:decimal pages:positiveInt
HumanName = use text family given* prefix* suffix* period:Period
Address = use type text line* city district state postalCode country period:Period
RelatedArtifact = type classifier:CodeableConcept* label display citation url document:Attachment resource resourceReference:Reference publicationStatus publicationDate
Signature = type:Coding* when who:Reference onBehalfOf:Reference targetFormat sigFormat data
Expression = description name language expression reference
ParameterDefinition = name use min:integer max documentation type profile
SampledData = origin:Quantity period:decimal interval:decimal intervalUnit factor:decimal lowerLimit:decimal upperLimit:decimal dimensions:positiveInt codeMap offsets data
Timing = event* repeat:Timing.repeat code:CodeableConcept
Timing.repeat = bounds[x] count:positiveInt countMax:positiveInt duration:decimal durationMax:decimal durationUnit frequency:positiveInt frequencyMax:positiveInt period:decimal periodMax:decimal periodUnit dayOfWeek* timeOfDay* when* offset:unsignedInt
CodeSystem = url identifier:Identifier* version versionAlgorithm[x] name title status experimental:boolean date publisher contact:ContactDetail* description useContext:UsageContext* jurisdiction:CodeableConcept* purpose copyright copyrightLabel approvalDate lastReviewDate effectivePeriod:Period topic:CodeableConcept* author:ContactDetail* editor:ContactDetail* reviewer:ContactDetail* endorser:ContactDetail* relatedArtifact:RelatedArtifact* caseSensitive:boolean valueSet hierarchyMeaning compositional:boolean versionNeeded:boolean content supplements count:unsignedInt filter:CodeSystem.filter* property:CodeSystem.property* concept:CodeSystem.concept*
CodeSystem.filter = code description operator* value
CodeSystem.property = code uri description type
CodeSystem.concept = code display definition designation:CodeSystem.concept.designation* property:CodeSystem.concept.property* concept:CodeSystem.concept*
CodeSystem.concept.designation = language use:Coding additionalUse:Coding* value
CodeSystem.concept.property = code value[x]
ValueSet = url identifier:Identifier* version versionAlgorithm[x] name title status experimental:boolean date publisher contact:ContactDetail* description useContext:UsageContext* jurisdiction:CodeableConcept* immutable:boolean purpose copyright copyrightLabel approvalDate lastReviewDate effectivePeriod:Period topic:CodeableConcept* author:ContactDetail* editor:ContactDetail* reviewer:ContactDetail* endorser:ContactDetail* relatedArtifact:RelatedArtifact* compose:ValueSet.compose expansion:ValueSet.expansion scope:ValueSet.scope
ValueSet.compose = lockedDate inactive:boolean include:ValueSet.compose.include* exclude:ValueSet.compose.include* property*
ValueSet.compose.include = system version concept:ValueSet.compose.include.concept* filter:ValueSet.compose.include.filter* valueSet* copyright
ValueSet.compose.include.concept = code display designation:ValueSet.compose.include.concept.designation*
ValueSet.compose.include.concept.designation = language use:Coding additionalUse:Coding* value
ValueSet.compose.include.filter = property op value
ValueSet.expansion = identifier next timestamp total:integer offset:integer parameter:ValueSet.expansion.parameter* property:ValueSet.expansion.property* contains:ValueSet.expansion.contains*
ValueSet.expansion.parameter = name value[x]
ValueSet.expansion.property = code uri
ValueSet.expansion.contains = system abstract:boolean inactive:boolean version code display designation:ValueSet.compose.include.concept.designation* property:ValueSet.expansion.contains.property* contains:ValueSet.expansion.contains*
ValueSet.expansion.contains.property = code value[x] subProperty:ValueSet.expansion.contains.property.subProperty*
ValueSet.expansion.contains.property.subProperty = code value[x]
ValueSet.scope = inclusionCriteria exclusionCriteria
ConceptMap = url identifier:Identifier* version versionAlgorithm[x] name title status experimental:boolean date publisher contact:ContactDetail* description useContext:UsageContext* jurisdiction:CodeableConcept* purpose copyright copyrightLabel approvalDate lastReviewDate effectivePeriod:Period topic:CodeableConcept* author:ContactDetail* editor:ContactDetail* reviewer:ContactDetail* endorser:ContactDetail* relatedArtifact:RelatedArtifact* property:ConceptMap.property* additionalAttribute:ConceptMap.additionalAttribute* source[x] target[x] sourceScope[x] targetScope[x] group:ConceptMap.group*
ConceptMap.property = code uri description type system
ConceptMap.additionalAttribute = code uri description type
ConceptMap.group = source sourceVersion target targetVersion element:ConceptMap.group.element* unmapped:ConceptMap.group.unmapped
ConceptMap.group.element = code display valueSet noMap:boolean target:ConceptMap.group.element.target*
ConceptMap.group.element.target = code display valueSet equivalence relationship comment property:ConceptMap.group.element.target.property* dependsOn:ConceptMap.group.element.target.dependsOn* product:ConceptMap.group.element.target.dependsOn*
ConceptMap.group.element.target.property = code value[x]
ConceptMap.group.element.target.dependsOn = property attribute system value display value[x] valueSet
ConceptMap.group.unmapped = mode code display valueSet relationship url otherMap
NamingSystem = url identifier:Identifier* version versionAlgorithm[x] name title status kind experimental:boolean date publisher contact:ContactDetail* responsible type:CodeableConcept description useContext:UsageContext* jurisdiction:CodeableConcept* purpose copyright copyrightLabel approvalDate lastReviewDate effectivePeriod:Period topic:CodeableConcept* author:ContactDetail* editor:ContactDetail* reviewer:ContactDetail* endorser:ContactDetail* relatedArtifact:RelatedArtifact* usage uniqueId:NamingSystem.uniqueId*
NamingSystem.uniqueId = type value preferred:boolean comment period:Period authoritative:boolean
Parameters = parameter:Parameters.parameter*
Parameters.parameter = name value[x] resource:Resource part:Parameters.parameter*
Bundle = identifier:Identifier type timestamp total:unsignedInt link:Bundle.link* entry:Bundle.entry* signature:Signature issues:Resource
Bundle.link = relation url
Bundle.entry = link:Bundle.link* fullUrl resource:Resource search:Bundle.entry.search request:Bundle.entry.request response:Bundle.entry.response
Bundle.entry.search = mode score:decimal
Bundle.entry.request = method url ifNoneMatch ifModifiedSince ifMatch ifNoneExist
Bundle.entry.response = status location etag lastModified outcome:Resource
OperationOutcome = issue:OperationOutcome.issue*
OperationOutcome.issue = severity code details:CodeableConcept diagnostics location* expression*
CapabilityStatement = url identifier:Identifier* version versionAlgorithm[x] name title status experimental:boolean date publisher contact:ContactDetail* description useContext:UsageContext* jurisdiction:CodeableConcept* purpose copyright copyrightLabel kind instantiates* imports* software:CapabilityStatement.software implementation:CapabilityStatement.implementation fhirVersion format* patchFormat* acceptLanguage* implementationGuide* rest:CapabilityStatement.rest* messaging:CapabilityStatement.messaging* document:CapabilityStatement.document*
CapabilityStatement.software = name version releaseDate
CapabilityStatement.implementation = description url custodian:Reference
CapabilityStatement.rest = mode documentation security:CapabilityStatement.rest.security resource:CapabilityStatement.rest.resource* interaction:CapabilityStatement.rest.interaction* searchParam:CapabilityStatement.rest.resource.searchParam* operation:CapabilityStatement.rest.resource.operation* compartment*
CapabilityStatement.rest.security = cors:boolean service:CodeableConcept* description
CapabilityStatement.rest.resource = type profile supportedProfile* documentation interaction:CapabilityStatement.rest.interaction* versioning readHistory:boolean updateCreate:boolean conditionalCreate:boolean conditionalRead conditionalUpdate:boolean conditionalPatch:boolean conditionalDelete referencePolicy* searchInclude* searchRevInclude* searchParam:CapabilityStatement.rest.resource.searchParam* operation:CapabilityStatement.rest.resource.operation*
CapabilityStatement.rest.interaction = code documentation
CapabilityStatement.rest.resource.searchParam = name definition type documentation
CapabilityStatement.rest.resource.operation = name definition documentation
CapabilityStatement.messaging = endpoint:CapabilityStatement.messaging.endpoint* reliableCache:unsignedInt documentation supportedMessage:CapabilityStatement.messaging.supportedMessage*
CapabilityStatement.messaging.endpoint = protocol:Coding address
CapabilityStatement.messaging.supportedMessage = mode definition
CapabilityStatement.document = mode documentation profile
TerminologyCapabilities = url identifier:Identifier* version versionAlgorithm[x] name title status experimental:boolean date publisher contact:ContactDetail* description useContext:UsageContext* jurisdiction:CodeableConcept* purpose copyright copyrightLabel kind software:CapabilityStatement.software implementation:TerminologyCapabilities.implementation lockedDate:boolean codeSystem:TerminologyCapabilities.codeSystem* expansion:TerminologyCapabilities.expansion codeSearch validateCode:TerminologyCapabilities.validateCode translation:TerminologyCapabilities.translation closure:TerminologyCapabilities.closure
TerminologyCapabilities.implementation = description url
TerminologyCapabilities.codeSystem = uri version:TerminologyCapabilities.codeSystem.version* content subsumption:boolean
TerminologyCapabilities.codeSystem.version = code isDefault:boolean compositional:boolean language* filter:TerminologyCapabilities.codeSystem.version.filter* property*
TerminologyCapabilities.codeSystem.version.filter = code op*
TerminologyCapabilities.expansion = hierarchical:boolean paging:boolean incomplete:boolean parameter:TerminologyCapabilities.expansion.parameter* textFilter
TerminologyCapabilities.expansion.parameter = name documentation
TerminologyCapabilities.validateCode = translations:boolean
TerminologyCapabilities.translation = needsMap:boolean
TerminologyCapabilities.closure = translation:boolean
";
